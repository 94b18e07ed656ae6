import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:competition');
  const query = createApi(fetch).participation.competition.query({ hub: params.hub, id: params.id });
  return { shown: await orErrorPage(url, query) };
};
