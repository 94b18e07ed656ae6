import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { present } from '#lib/api/query-string.ts';
import { readFilters } from '#lib/features/console/filters.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:submissions');
  const query = createApi(fetch).submissions.all.query({
    competitionId: params.id,
    limit: 50,
    ...readFilters(url.searchParams),
    ...present({ cursor: url.searchParams.get('cursor') ?? undefined }),
  });
  return { submissions: await orErrorPage(url, query) };
};
