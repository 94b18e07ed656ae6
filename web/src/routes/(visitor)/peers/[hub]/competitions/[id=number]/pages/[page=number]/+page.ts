import { error } from '@sveltejs/kit';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent }) => {
  const { competition, listed } = (await parent()).shown;
  const page = competition?.pages.find((candidate) => candidate.id === params.page);
  if (page === undefined) error(404, `“${listed.title}” has no such page.`);
  return { page };
};
