import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { oneOf, present } from '#lib/api/query-string.ts';
import { resourceTypes } from '#lib/features/resources/types.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, depends }) => {
  depends('weir:resources');
  const filters = url.searchParams;
  const query = createApi(fetch).resources.list.query(
    present({
      scope: oneOf(filters, 'scope', ['public']),
      type: oneOf(
        filters,
        'type',
        resourceTypes.map(({ value }) => value),
      ),
      search: filters.get('search') ?? undefined,
      cursor: filters.get('cursor') ?? undefined,
    }),
  );
  return { resources: await orErrorPage(url, query) };
};
