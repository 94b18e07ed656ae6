import { error } from '@sveltejs/kit';
import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ fetch, params, url, depends }) => {
  depends('weir:competition');
  const api = createApi(fetch);
  const competition = await orErrorPage(url, api.competitions.get.query({ id: params.id }));
  if (!competition.canManage) error(403, `You do not manage “${competition.title}”.`);
  return { competition };
};
