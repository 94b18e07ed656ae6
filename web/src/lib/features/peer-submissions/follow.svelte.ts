import type { Api } from '#lib/api/client.ts';
import { followNewest, onChanges } from '#lib/api/follow.svelte.ts';
import type { PeerSubmission } from '#lib/api/types.ts';

export function followPeerSubmission(
  api: Api,
  loaded: () => PeerSubmission,
): { readonly current: PeerSubmission } {
  return followNewest<PeerSubmission>(loaded, (id, on) => api.live.peerSubmission.subscribe({ id }, on));
}

/** Calls back when something of mine changed in a competition of a peer. */
export function onMyPeerSubmissionsChanged(
  api: Api,
  where: () => { hub: string; competitionId: number },
  changed: () => unknown,
): void {
  const hub = $derived(where().hub);
  const competitionId = $derived(where().competitionId);
  onChanges((on) => api.live.myPeerSubmissions.subscribe({ hub, competitionId }, on), changed);
}
