import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { oneOf, present } from '#lib/api/query-string.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url }) => {
  const params = url.searchParams;
  const query = createApi(fetch).catalogue.list.query(
    present({
      search: params.get('search') ?? undefined,
      state: oneOf(params, 'state', ['open', 'upcoming', 'closed']),
      type: oneOf(params, 'type', ['competition', 'benchmark']),
      hub: params.get('hub') ?? undefined,
      cursor: params.get('cursor') ?? undefined,
      limit: 24,
    }),
  );
  return { competitions: await orErrorPage(url, query) };
};
