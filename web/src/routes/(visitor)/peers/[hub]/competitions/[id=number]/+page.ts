import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url }) => {
  const query = createApi(fetch).catalogue.get.query({ hub: params.hub, id: params.id });
  return { competition: await orErrorPage(url, query) };
};
