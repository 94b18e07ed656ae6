import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:phases');
  const query = createApi(fetch).competitions.phases.list.query({ competitionId: params.id });
  return { phases: await orErrorPage(url, query) };
};
