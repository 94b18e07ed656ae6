import { idFrom, oneOf, present } from '#lib/api/query-string.ts';
import { submissionStatuses } from '#lib/features/submissions/status.ts';

/** The console's filters: their names in the address, which are those of its downloads too. */
export const consoleFilters = ['phase', 'status', 'kind', 'board', 'public', 'changed', 'search'] as const;

export function readFilters(params: Pick<URLSearchParams, 'get'>) {
  const flag = (name: string): boolean | undefined => {
    const value = oneOf(params, name, ['true', 'false']);
    return value === undefined ? undefined : value === 'true';
  };
  return present({
    phaseId: idFrom(params, 'phase'),
    kind: oneOf(params, 'kind', ['submission', 'rehearsal']),
    status: oneOf(params, 'status', submissionStatuses),
    onLeaderboard: flag('board'),
    isPublic: flag('public'),
    byHand: flag('changed'),
    search: params.get('search') ?? undefined,
  });
}

/** Where what is listed can be had as a file; of some of it alone, by their ids. */
export function downloadOf(
  competitionId: number,
  format: 'csv' | 'zip',
  filters: Pick<URLSearchParams, 'get'>,
  ids: readonly number[] = [],
): string {
  const kept = new URLSearchParams();
  for (const name of consoleFilters) {
    const value = filters.get(name);
    if (value !== null && value !== '') kept.set(name, value);
  }
  if (ids.length > 0) kept.set('ids', ids.join(','));
  const query = kept.toString();
  return `/files/competitions/${competitionId}/submissions.${format}${query === '' ? '' : `?${query}`}`;
}
