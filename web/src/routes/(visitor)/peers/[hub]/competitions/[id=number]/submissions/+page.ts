import { error } from '@sveltejs/kit';
import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { idFrom, present } from '#lib/api/query-string.ts';
import { phaseToShow } from '#lib/features/competitions/state.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, parent, depends }) => {
  depends('weir:my-submissions');
  const asked = idFrom(url.searchParams, 'phase');
  const cursor = url.searchParams.get('cursor') ?? undefined;
  const { shown } = await parent();
  const phase = phaseToShow(shown.competition?.phases ?? [], asked);
  if (phase === undefined) error(404, `“${shown.listed.title}” has no phases.`);
  const query = createApi(fetch).participation.submissions.mine.query({
    hub: params.hub,
    competitionId: params.id,
    phaseId: phase.id,
    limit: 10,
    ...present({ cursor }),
  });
  return { phase, submissions: await orErrorPage(url, query) };
};
