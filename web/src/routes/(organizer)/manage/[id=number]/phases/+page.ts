import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:phases');
  const api = createApi(fetch);
  const competitionId = params.id;
  const [phases, boards] = await Promise.all([
    orErrorPage(url, api.competitions.phases.list.query({ competitionId })),
    orErrorPage(url, api.leaderboards.settings.list.query({ competitionId })),
  ]);
  return { phases, boards };
};
