import { redirect } from '@sveltejs/kit';
import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { loginHref } from '#lib/features/accounts/return-address.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, parent, depends }) => {
  const { me } = await parent();
  if (me === null) redirect(303, loginHref(url));
  depends('weir:federation');
  const api = createApi(fetch);
  const [federation, evaluation] = await Promise.all([
    orErrorPage(url, api.peers.overview.query()),
    orErrorPage(url, api.evaluation.grants.query()),
  ]);
  return { federation, evaluation };
};
