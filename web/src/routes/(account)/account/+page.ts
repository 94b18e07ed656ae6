import { redirect } from '@sveltejs/kit';
import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { loginHref } from '#lib/features/accounts/return-address.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, parent, depends }) => {
  depends('weir:tokens');
  const { me } = await parent();
  if (me === null) redirect(303, loginHref(url));
  const api = createApi(fetch);
  const own = Promise.all([
    api.accounts.tokens.list.query(),
    api.institutions.identities.query(),
    api.institutions.offered.query(),
    api.identity.agreements.list.query(),
    api.identity.agreements.hubs.query(),
  ]);
  const [tokens, identities, institutions, agreements, hubs] = await orErrorPage(url, own);
  return { me, tokens, identities, institutions, agreements, hubs };
};
