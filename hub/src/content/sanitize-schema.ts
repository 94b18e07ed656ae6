import { defaultSchema, type Options } from 'rehype-sanitize';

/** What the sanitizer puts before every `id` and `name`, so that pages cannot take the place of the portal's own. */
export const ID_PREFIX = 'user-content-';

/**
 * What may be in a page: GitHub's schema, without anything that submits or draws over the portal (no `style`,
 * `input`, `form`, `iframe`), and without addresses other than the web's, mail's and the page's own.
 */
export const pageSchema: Options = {
  ...defaultSchema,
  clobberPrefix: ID_PREFIX,
  tagNames: [
    ...(defaultSchema.tagNames ?? []).filter((name) => name !== 'input'),
    ...['figure', 'figcaption', 'mark', 'small', 'u', 'center', 'abbr', 'caption', 'col', 'colgroup'],
  ],
  protocols: {
    ...defaultSchema.protocols,
    href: ['http', 'https', 'mailto'],
    src: ['http', 'https'],
    cite: ['http', 'https'],
    longDesc: ['http', 'https'],
  },
  strip: [
    'script',
    'style',
    'title',
    'noscript',
    'textarea',
    'select',
    'iframe',
    'object',
    'svg',
    'math',
    'template',
  ],
};
