import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { oneOf, present } from '#lib/api/query-string.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, depends }) => {
  depends('weir:tasks');
  const filters = url.searchParams;
  const query = createApi(fetch).tasks.list.query(
    present({
      scope: oneOf(filters, 'scope', ['shared', 'public', 'usable']),
      search: filters.get('search') ?? undefined,
      cursor: filters.get('cursor') ?? undefined,
    }),
  );
  return { tasks: await orErrorPage(url, query) };
};
