/** Changes that arrive within these milliseconds are told once. */
const TOGETHER_MS = 150;

interface Subscription {
  unsubscribe(): void;
}

interface Versioned {
  readonly id: number;
  readonly version: number;
}

/** Keeps one thing current while its page is open: what was loaded, until something newer arrives. */
export function followNewest<Shown extends Versioned>(
  loaded: () => Shown,
  watch: (id: number, on: { onData: (event: { data: Shown }) => void }) => Subscription,
): { readonly current: Shown } {
  let live = $state.raw<Shown | null>(null);
  const id = $derived(loaded().id);

  $effect(() => {
    const subscription = watch(id, {
      onData: ({ data }) => {
        live = data;
      },
    });
    return () => subscription.unsubscribe();
  });

  return {
    get current() {
      const first = loaded();
      return live !== null && live.id === first.id && live.version >= first.version ? live : first;
    },
  };
}

/**
 * Calls back when something has changed. One connection for a whole list: a browser keeps only six to one origin.
 *
 * @param watch is called anew when what it reads of the page has changed; null: there is nothing to watch. What it reads has to be memoized: the
 * page's data is loaded anew with each change, which must not cut the line that told of it.
 */
export function onChanges(
  watch: (on: { onData: () => void }) => Subscription | null,
  changed: () => unknown,
): void {
  $effect(() => {
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const subscription = watch({
      onData: () => {
        waiting ??= setTimeout(() => {
          waiting = undefined;
          changed();
        }, TOGETHER_MS);
      },
    });
    return () => {
      clearTimeout(waiting);
      subscription?.unsubscribe();
    };
  });
}
