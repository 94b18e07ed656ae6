import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { present } from '#lib/api/query-string.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:deleted');
  const query = createApi(fetch).submissions.deleted.query({
    competitionId: params.id,
    limit: 50,
    ...present({ cursor: url.searchParams.get('cursor') ?? undefined }),
  });
  return { deleted: await orErrorPage(url, query) };
};
