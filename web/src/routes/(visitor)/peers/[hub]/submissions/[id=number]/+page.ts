import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, params: { id }, url, depends }) => {
  depends('weir:submission');
  const { get, details } = createApi(fetch).participation.submissions;
  const [delivery, known] = await orErrorPage(url, Promise.all([get.query({ id }), details.query({ id })]));
  return { delivery, details: known };
};
