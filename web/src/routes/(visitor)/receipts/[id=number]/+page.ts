import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url }) => {
  const api = createApi(fetch);
  const [runs, keys] = await orErrorPage(
    url,
    Promise.all([api.receipts.ofSubmission.query({ id: params.id }), api.receipts.keys.query()]),
  );
  return { id: params.id, runs, keys };
};
