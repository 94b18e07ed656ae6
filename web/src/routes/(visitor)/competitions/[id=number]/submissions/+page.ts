import { error } from '@sveltejs/kit';
import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { idFrom, present } from '#lib/api/query-string.ts';
import { phaseToShow } from '#lib/features/competitions/state.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, parent, depends }) => {
  depends('weir:my-submissions');
  const asked = idFrom(url.searchParams, 'phase');
  const cursor = url.searchParams.get('cursor') ?? undefined;
  const { competition } = await parent();
  const phase = phaseToShow(competition.phases, asked);
  if (phase === undefined) error(404, `“${competition.title}” has no phases.`);
  const query = createApi(fetch).submissions.mine.query({
    phaseId: phase.id,
    limit: 10,
    ...present({ cursor }),
  });
  return { phase, mine: await orErrorPage(url, query) };
};
