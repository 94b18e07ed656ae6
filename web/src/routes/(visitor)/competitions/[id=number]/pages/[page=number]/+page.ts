import { error } from '@sveltejs/kit';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent }) => {
  const { competition } = await parent();
  const page = competition.pages.find((candidate) => candidate.id === params.page);
  if (page === undefined) error(404, `“${competition.title}” has no such page.`);
  return { page };
};
