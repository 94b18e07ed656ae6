import { createApi } from '#lib/api/client.ts';
import type { LayoutLoad } from './$types';

/**
 * Who is looking. When the hub is down the page below says so with its own load; the frame around it is shown to a
 * visitor nobody knows.
 */
export const load: LayoutLoad = async ({ fetch }) => {
  try {
    return { me: await createApi(fetch).accounts.me.query() };
  } catch {
    return { me: null };
  }
};
