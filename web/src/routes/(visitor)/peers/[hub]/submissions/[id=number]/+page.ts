import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:submission');
  const query = createApi(fetch).participation.submissions.get.query({ id: params.id });
  return { delivery: await orErrorPage(url, query) };
};
