import type { Api } from '#lib/api/client.ts';
import { followNewest, onChanges } from '#lib/api/follow.svelte.ts';
import type { Submission } from '#lib/api/types.ts';

export function followSubmission(api: Api, loaded: () => Submission): { readonly current: Submission } {
  return followNewest<Submission>(loaded, (id, on) => api.live.submission.subscribe({ id }, on));
}

/** Calls back when something of mine changed in a phase. */
export function onMySubmissionsChanged(
  api: Api,
  phaseId: () => number | undefined,
  changed: () => unknown,
): void {
  const phase = $derived(phaseId());
  onChanges(
    (on) => (phase === undefined ? null : api.live.mySubmissions.subscribe({ phaseId: phase }, on)),
    changed,
  );
}
