import type { Api } from '#lib/api/client.ts';
import { type Failure, toFailure } from '#lib/api/failure.ts';
import type { Dump } from '#lib/api/types.ts';

/** The dumps of a competition, newest first, as they come further. */
export function followDumps(api: Api, competitionId: () => number) {
  let current = $state.raw<Dump[] | null>(null);
  let failure = $state.raw<Failure | null>(null);
  const id = $derived(competitionId());

  $effect(() => {
    current = null;
    failure = null;
    const subscription = api.dumps.follow.subscribe(
      { competitionId: id },
      {
        onData: ({ data }) => {
          current = data;
        },
        onError: (cause) => {
          failure = toFailure(cause);
        },
      },
    );
    return () => subscription.unsubscribe();
  });

  return {
    get current() {
      return current;
    },
    get failure() {
      return failure;
    },
  };
}
