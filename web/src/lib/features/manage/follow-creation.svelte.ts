import type { Api } from '#lib/api/client.ts';
import { type Failure, toFailure } from '#lib/api/failure.ts';
import type { Creation } from '#lib/api/types.ts';

/** Follows the making of a competition until it has succeeded or failed. */
export function followCreation(api: Api, creationId: () => number) {
  let current = $state.raw<Creation | null>(null);
  let failure = $state.raw<Failure | null>(null);
  const id = $derived(creationId());

  $effect(() => {
    current = null;
    failure = null;
    const subscription = api.live.creation.subscribe(
      { id },
      {
        onData: ({ data }) => {
          current = data;
          if (data.status !== 'Starting') subscription.unsubscribe();
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
