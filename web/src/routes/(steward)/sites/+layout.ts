import { redirect } from '@sveltejs/kit';
import { loginHref } from '#lib/features/accounts/return-address.ts';
import type { LayoutLoad } from './$types';

/** Comfort only: what a steward may see and do is decided by the hub, call by call. */
export const load: LayoutLoad = async ({ parent, url }) => {
  const { me } = await parent();
  if (me === null) redirect(303, loginHref(url));
  return { me };
};
