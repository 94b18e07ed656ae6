import { error } from '@sveltejs/kit';
import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { idFrom } from '#lib/api/query-string.ts';
import { phaseToShow } from '#lib/features/competitions/state.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, parent, depends }) => {
  depends('weir:my-submissions');
  const asked = idFrom(url.searchParams, 'phase');
  const { competition } = await parent();
  const phase = phaseToShow(competition.phases, asked);
  if (phase === undefined) error(404, `“${competition.title}” has no phases to submit to.`);
  if (competition.my?.status !== 'approved') return { phase, mine: null, allowance: null };

  const api = createApi(fetch);
  const [allowance, mine] = await Promise.all([
    orErrorPage(url, api.submissions.allowance.query({ phaseId: phase.id })),
    orErrorPage(url, api.submissions.mine.query({ phaseId: phase.id, limit: 5 })),
  ]);
  return { phase, allowance, mine };
};
