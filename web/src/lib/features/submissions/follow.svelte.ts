import type { Api } from '#lib/api/client.ts';
import type { Submission } from '#lib/api/types.ts';

/** Keeps one submission current while its page is open: what was loaded, until something newer arrives. */
export function followSubmission(api: Api, loaded: () => Submission): { readonly current: Submission } {
  let live = $state.raw<Submission | null>(null);
  const id = $derived(loaded().id);

  $effect(() => {
    const subscription = api.live.submission.subscribe(
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

/**
 * Calls back when something of mine changed in a phase. One connection for the whole list: a browser keeps only six to
 * one origin. Changes that arrive together are told once.
 */
export function onMySubmissionsChanged(
  api: Api,
  phaseId: () => number | undefined,
  changed: () => unknown,
): void {
  // Memoized: the page's data is loaded anew with each change, which must not cut the line that told of it.
  const phase = $derived(phaseId());

  $effect(() => {
    if (phase === undefined) return;
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const subscription = api.live.mySubmissions.subscribe(
      { phaseId: phase },
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
