import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, type TRPCClient } from '@trpc/client';
import type { AppRouter } from '@weir/hub/router';

export type Api = TRPCClient<AppRouter>;

/**
 * The one way to the hub. In `load` pass SvelteKit's `fetch`: the address is relative, so the answer that the server
 * fetched is inlined in the page and not fetched twice. Queries are not batched, because a batch made on the server
 * and one made in the browser may differ and then miss the inlined answer.
 */
export function createApi(fetch: typeof globalThis.fetch): Api {
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === 'subscription',
        true: httpSubscriptionLink({ url: '/trpc' }),
        false: httpLink({
          url: '/trpc',
          fetch: (input, init) => fetch(input as RequestInfo, init as RequestInit),
        }),
      }),
    ],
  });
}
