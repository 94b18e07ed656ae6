import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:batches');
  const query = createApi(fetch).submissions.batches.query({ competitionId: params.id });
  return { batches: await orErrorPage(url, query) };
};
