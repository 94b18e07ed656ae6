import { createApi } from '#lib/api/client.ts';
import { orErrorPage } from '#lib/api/load.ts';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, url, parent, depends }) => {
  depends('weir:sites');
  const api = createApi(fetch);
  const { me } = await parent();
  const [status, mine] = await Promise.all([
    orErrorPage(url, api.sites.status.query()),
    me === null ? [] : orErrorPage(url, api.sites.mine.query()),
  ]);
  return { status, lookedAfter: mine.map(({ name }) => name) };
};
