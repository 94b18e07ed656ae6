import { z } from 'zod';
import { NoSuchPageError } from './errors.ts';
import { number, type RestRequest } from './request.ts';

const atLeastOne = number.pipe(z.int().min(1));
export const pageQuery = z.object({
  page: atLeastOne.catch(1),
  page_size: atLeastOne.pipe(z.int().max(1_000)).optional().catch(undefined),
});

/** Lists that scripts expect as they are, and newer ones page by page: in pages for whoever asks for one. */
export function inPagesIfAsked<Item>(rest: RestRequest, items: readonly Item[]) {
  const asked = Object.keys(rest.request.query as object);
  const isPaged = asked.includes('page') || asked.includes('page_size');
  return isPaged ? paginated(rest, items, 50) : items;
}

/** Lists that Codabench serves page by page: `{count, next, previous, results}`. */
export function paginated<Item>({ origin, request }: RestRequest, items: readonly Item[], perPage = 10) {
  const { page, page_size = perPage } = pageQuery.parse(request.query);
  const lastPage = Math.max(1, Math.ceil(items.length / page_size));
  if (page > lastPage) throw new NoSuchPageError();
  const pageUrl = (number: number) => {
    const url = new URL(request.url, origin);
    url.searchParams.set('page', String(number));
    return url.href;
  };
  return {
    count: items.length,
    next: page * page_size < items.length ? pageUrl(page + 1) : null,
    previous: page > 1 ? pageUrl(page - 1) : null,
    results: items.slice((page - 1) * page_size, page * page_size),
  };
}

/** Reads a whole list that comes in pages by cursor, up to `most`. */
export async function readAll<Item>(
  most: number,
  read: (cursor: string | undefined) => Promise<{ items: readonly Item[]; nextCursor: string | null }>,
): Promise<Item[]> {
  const all: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor && all.length < most);
  return all.slice(0, most);
}
