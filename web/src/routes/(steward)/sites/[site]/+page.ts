import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, params, depends }) => {
  depends('weir:sites');
  return { site: await orErrorPage(url, createApi(fetch).sites.get.query({ site: params.site })) };
};
