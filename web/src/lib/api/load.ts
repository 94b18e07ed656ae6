import { error, redirect } from '@sveltejs/kit';
import { loginHref } from '#lib/features/accounts/return-address.ts';
import { toFailure } from './failure.ts';

/**
 * Awaits a query inside `load` and turns its failure into a page: somebody who is not signed in goes to the sign-in
 * page and comes back; everything else shows the nearest error page with the hub's own sentence.
 */
export async function orErrorPage<T>(url: URL, query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (cause) {
    const failure = toFailure(cause);
    if (failure.status === 401) redirect(303, loginHref(url));
    error(failure.status, failure.message, failure.reason ? { reason: failure.reason } : {});
  }
}
