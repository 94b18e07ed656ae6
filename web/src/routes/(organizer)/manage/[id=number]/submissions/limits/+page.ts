import { createApi } from '#lib/api/client.ts';
import { toFailure } from '#lib/api/failure.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { idFrom, present } from '#lib/api/query-string.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, parent, depends }) => {
  depends('weir:limits');
  const api = createApi(fetch);
  const person = url.searchParams.get('person');
  const asked = idFrom(url.searchParams, 'phase');
  const { competition } = await parent();
  const phase = competition.phases.find(({ id }) => id === asked) ?? competition.phases[0] ?? null;
  const cursor = url.searchParams.get('cursor') ?? undefined;
  const changes = orErrorPage(
    url,
    api.submissions.limitChanges.query({ competitionId: params.id, ...present({ cursor }) }),
  );
  if (!person || !phase) return { person, phase, limits: null, problem: null, changes: await changes };
  // Somebody who is not there is said on the page, beside the field.
  const found = await api.submissions.limitsOf.query({ phaseId: phase.id, username: person }).then(
    (limits) => ({ limits, problem: null }),
    (error: unknown) => ({ limits: null, problem: toFailure(error).message }),
  );
  return { person, phase, ...found, changes: await changes };
};
