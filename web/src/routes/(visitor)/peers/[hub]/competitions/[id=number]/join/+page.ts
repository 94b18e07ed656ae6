import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, parent, depends }) => {
  depends('weir:participation');
  const { me } = await parent();
  if (me === null) return { mine: null };
  const query = createApi(fetch).participation.mine.query({ hub: params.hub, id: params.id });
  return { mine: await orErrorPage(url, query) };
};
