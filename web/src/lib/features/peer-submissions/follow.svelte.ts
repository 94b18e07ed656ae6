import type { Api } from '#lib/api/client.ts';
import type { PeerSubmission } from '#lib/api/types.ts';

/** Keeps one submission to a peer current while its page is open: what was loaded, until something newer arrives. */
export function followPeerSubmission(
  api: Api,
  loaded: () => PeerSubmission,
): { readonly current: PeerSubmission } {
  let live = $state.raw<PeerSubmission | null>(null);
  const id = $derived(loaded().id);

  $effect(() => {
    const subscription = api.live.peerSubmission.subscribe(
      { id },
      {
        onData: ({ data }) => {
          live = data;
        },
      },
    );
    return () => subscription.unsubscribe();
  });

  return {
    get current() {
      const first = loaded();
      return live !== null && live.id === first.id && live.version >= first.version ? live : first;
    },
  };
}

/** Calls back when something of mine changed in a competition of a peer. Changes that arrive together are told once. */
export function onMyPeerSubmissionsChanged(
  api: Api,
  where: () => { hub: string; competitionId: number },
  changed: () => unknown,
): void {
  const hub = $derived(where().hub);
  const competitionId = $derived(where().competitionId);

  $effect(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const subscription = api.live.myPeerSubmissions.subscribe(
      { hub, competitionId },
      {
        onData: () => {
          waiting ??= setTimeout(() => {
            waiting = undefined;
            changed();
          }, 150);
        },
      },
    );
    return () => {
      clearTimeout(waiting);
      subscription.unsubscribe();
    };
  });
}
