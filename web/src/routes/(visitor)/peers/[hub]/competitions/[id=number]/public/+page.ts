import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { idFrom, present } from '#lib/api/query-string.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url }) => {
  const query = createApi(fetch).participation.published.query({
    hub: params.hub,
    id: params.id,
    ...present({
      phaseId: idFrom(url.searchParams, 'phase'),
      cursor: url.searchParams.get('cursor') ?? undefined,
    }),
  });
  return { published: (await orErrorPage(url, query)).content };
};
