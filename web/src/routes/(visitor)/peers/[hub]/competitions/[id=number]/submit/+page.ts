import { error } from '@sveltejs/kit';
import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { idFrom } from '#lib/api/query-string.ts';
import { phaseToShow } from '#lib/features/competitions/state.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, parent, depends }) => {
  depends('weir:my-submissions');
  const asked = idFrom(url.searchParams, 'phase');
  const { shown, me } = await parent();
  const phase = phaseToShow(shown.competition?.phases ?? [], asked);
  if (phase === undefined) error(404, `“${shown.listed.title}” has no phases to submit to.`);
  if (me === null) return { phase, mine: null, submissions: null };

  const api = createApi(fetch);
  const { hub, id } = params;
  const [mine, submissions] = await Promise.all([
    orErrorPage(url, api.participation.mine.query({ hub, id })),
    orErrorPage(
      url,
      api.participation.submissions.mine.query({ hub, competitionId: id, phaseId: phase.id, limit: 5 }),
    ),
  ]);
  return { phase, mine, submissions };
};
