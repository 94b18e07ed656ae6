import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { present } from '#lib/api/query-string.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url }) => {
  const cursor = url.searchParams.get('cursor') ?? undefined;
  const query = createApi(fetch).competitions.list.query({ mine: true, limit: 24, ...present({ cursor }) });
  return { competitions: await orErrorPage(url, query) };
};
