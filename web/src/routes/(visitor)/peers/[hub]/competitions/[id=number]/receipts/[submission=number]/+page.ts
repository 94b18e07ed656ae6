import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url }) => {
  const { hub, id, submission: submissionId } = params;
  const query = createApi(fetch).participation.receipts.query({ hub, id, submissionId });
  return { submissionId, ...(await orErrorPage(url, query)) };
};
