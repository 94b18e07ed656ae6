import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:audience');
  const query = createApi(fetch).catalogue.audience.query({ competitionId: params.id });
  return { audience: await orErrorPage(url, query) };
};
