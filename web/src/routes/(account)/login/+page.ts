import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = ({ fetch, url }) => {
  const api = createApi(fetch);
  const ways = Promise.all([api.institutions.offered.query(), api.identity.homes.query()]);
  return orErrorPage(
    url,
    ways.then(([institutions, homes]) => ({ institutions, homes })),
  );
};
