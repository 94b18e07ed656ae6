import type { Api } from '#lib/api/client.ts';

/** Watches the board of a phase: says whether the line to the hub stands, and calls back when the board changed. */
export function followBoard(api: Api, phaseId: () => number, changed: () => unknown) {
  let connected = $state(false);
  let updatedAt = $state<string | null>(null);

  // Memoized: the page's data is loaded anew with each change, which must not cut the line that told of it.
  const id = $derived(phaseId());

  $effect(() => {
    updatedAt = null;
    let first = true;
    const subscription = api.live.leaderboard.subscribe(
      { phaseId: id },
      {
        onConnectionStateChange: ({ state }) => {
          connected = state === 'pending';
        },
        onData: () => {
          // The version right after connecting is the one that was loaded, or a newer one: refetch, but mark no news.
          if (!first) updatedAt = new Date().toISOString();
          first = false;
          changed();
        },
      },
    );
    return () => subscription.unsubscribe();
  });

  return {
    get connected() {
      return connected;
    },
    get updatedAt() {
      return updatedAt;
    },
  };
}
