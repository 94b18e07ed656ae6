import type { Root } from 'hast';
import rehypeParse from 'rehype-parse';
import rehypeRaw from 'rehype-raw';
import rehypeSanitize from 'rehype-sanitize';
import rehypeStringify from 'rehype-stringify';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRehype from 'remark-rehype';
import { unified } from 'unified';
import { visitParents } from 'unist-util-visit-parents';
import { ContentError } from './errors.ts';
import { MAX_PAGE_DEPTH } from './limits.ts';
import { tidyLinks } from './links.ts';
import { pageSchema } from './sanitize-schema.ts';

export type PageFormat = 'markdown' | 'html';

/** Source to safe HTML, in whatever time it takes: only `render.ts` should call this, from a thread it can end. */
export function renderSource(format: PageFormat, source: string): string {
  const pipeline = format === 'markdown' ? markdown : html;
  return String(pipeline().processSync(source));
}

/** Markdown with tables, task lists and so on; HTML inside it is parsed, so that the sanitizer sees elements, not text. */
function markdown() {
  return unified()
    .use(remarkParse)
    .use(remarkGfm)
    .use(remarkRehype, { allowDangerousHtml: true, clobberPrefix: '' })
    .use(rehypeRaw)
    .use(refuseDepth)
    .use(rehypeSanitize, pageSchema)
    .use(tidyLinks)
    .use(rehypeStringify);
}

/** A whole document or a part of one; what belongs in a head is left out. */
function html() {
  return unified()
    .use(rehypeParse, { fragment: true })
    .use(refuseDepth)
    .use(rehypeSanitize, pageSchema)
    .use(tidyLinks)
    .use(rehypeStringify);
}

function refuseDepth() {
  return (tree: Root): void => {
    visitParents(tree, (_, ancestors) => {
      if (ancestors.length > MAX_PAGE_DEPTH) throw tooDeep();
    });
  };
}

export function tooDeep(): ContentError {
  const message = `Quotes, lists or elements nest more than ${MAX_PAGE_DEPTH} deep.`;
  return new ContentError('page_too_deep', message, 'Nest them less.');
}
