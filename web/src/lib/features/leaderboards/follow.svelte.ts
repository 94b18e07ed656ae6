import { untrack } from 'svelte';

/** However fast a board changes, a page that shows it asks for it no more often than this. */
const REST_MS = 1_000;

/** What is told of a board, of this hub or of a peer. */
interface Watcher {
  onConnectionStateChange: (connection: { state: string }) => void;
  onData: (event: { data: { version: number } }) => void;
}

interface Shown {
  readonly phaseId: number;
  readonly version: number;
}

/** Watches the board of a phase: says whether the line to the hub stands, and calls back when the board is another one than is shown. */
export function followBoard(
  shown: () => Shown,
  changed: () => Promise<unknown>,
  watch: (phaseId: number, on: Watcher) => { unsubscribe(): void },
) {
  let connected = $state(false);
  let updatedAt = $state<string | null>(null);

  // Memoized: the page's data is loaded anew with each change, which must not cut the line that told of it.
  const id = $derived(shown().phaseId);
  const refetch = paced(changed, REST_MS);

  $effect(() => {
    updatedAt = null;
    const subscription = watch(id, {
      onConnectionStateChange: ({ state }) => {
        connected = state === 'pending';
      },
      onData: ({ data }) => {
        // Right after connecting comes the version that was loaded with the page, as a rule.
        if (data.version === untrack(shown).version) return;
        updatedAt = new Date().toISOString();
        refetch();
      },
    });
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

/** One call at a time and a rest after each; whatever is asked for meanwhile is one more call afterwards. */
function paced(work: () => Promise<unknown>, rest: number): () => void {
  let busy = false;
  let again = false;
  const run = async (): Promise<void> => {
    busy = true;
    do {
      again = false;
      await work().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, rest));
    } while (again);
    busy = false;
  };
  return () => {
    again = true;
    if (!busy) void run();
  };
}
