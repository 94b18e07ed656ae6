import { error, redirect } from '@sveltejs/kit';
import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { loginHref } from '#lib/features/accounts/return-address.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, parent }) => {
  const { me } = await parent();
  if (me === null) redirect(303, loginHref(url));
  const [hub, state, challenge] = ['hub', 'state', 'challenge'].map((name) => url.searchParams.get(name));
  if (!hub || !state || !challenge)
    error(400, { message: 'This address is not whole. Begin again at the other hub.' });
  return {
    me,
    request: { hub, state, challenge },
    asked: await orErrorPage(url, createApi(fetch).identity.asked.query({ hub })),
  };
};
