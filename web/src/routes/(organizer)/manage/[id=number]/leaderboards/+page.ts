import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:boards');
  const query = createApi(fetch).leaderboards.settings.list.query({ competitionId: params.id });
  return { boards: await orErrorPage(url, query) };
};
