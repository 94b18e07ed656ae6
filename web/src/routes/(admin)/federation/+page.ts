import { redirect } from '@sveltejs/kit';
import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { loginHref } from '#lib/features/accounts/return-address.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, parent, depends }) => {
  const { me } = await parent();
  if (me === null) redirect(303, loginHref(url));
  depends('weir:federation');
  return { federation: await orErrorPage(url, createApi(fetch).peers.overview.query()) };
};
