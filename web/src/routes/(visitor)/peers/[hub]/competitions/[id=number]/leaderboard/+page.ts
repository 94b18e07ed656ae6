import { error } from '@sveltejs/kit';
import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { idFrom, present } from '#lib/api/query-string.ts';
import { phaseToShow } from '#lib/features/competitions/state.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, parent, depends }) => {
  depends('weir:leaderboard');
  const asked = idFrom(url.searchParams, 'phase');
  const given = (name: string) => url.searchParams.get(name) ?? undefined;
  const order = { sort: given('sort'), task: given('task'), dir: given('dir') };
  const { shown } = await parent();
  const phase = phaseToShow(shown.competition?.phases ?? [], asked);
  if (phase === undefined) error(404, `“${shown.listed.title}” has no phases, so no leaderboard.`);
  const query = createApi(fetch).participation.board.query({
    hub: params.hub,
    id: params.id,
    phaseId: phase.id,
    ...present({
      cursor: given('cursor'),
      split: given('split'),
      sort: order.sort,
      task: idFrom(url.searchParams, 'task'),
      reversed: order.dir === 'worst' || undefined,
    }),
  });
  return { phase, order, reading: await orErrorPage(url, query) };
};
