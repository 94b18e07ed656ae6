import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { present } from '#lib/api/query-string.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url }) => {
  const query = createApi(fetch).submissions.changes.query({
    competitionId: params.id,
    ...present({ cursor: url.searchParams.get('cursor') ?? undefined }),
  });
  return { changes: await orErrorPage(url, query) };
};
