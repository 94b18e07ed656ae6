import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:task');
  return { task: await orErrorPage(url, createApi(fetch).tasks.get.query({ id: params.id })) };
};
