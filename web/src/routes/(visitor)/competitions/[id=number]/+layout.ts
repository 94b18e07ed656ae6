import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import { present } from '#lib/api/query-string.ts';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:competition');
  const secretKey = url.searchParams.get('secret_key') ?? undefined;
  const query = createApi(fetch).competitions.get.query({ id: params.id, ...present({ secretKey }) });
  return { competition: await orErrorPage(url, query) };
};
