import type { Element, Root } from 'hast';
import { visitParents } from 'unist-util-visit-parents';
import { ID_PREFIX } from './sanitize-schema.ts';

/**
 * The one step after the sanitizer, and it only adds: links that leave the page open beside it and learn nothing of
 * the portal, links within the page follow the prefixed ids, images load when they are looked at.
 */
export function tidyLinks() {
  return (tree: Root): void => {
    visitParents(tree, 'element', (element: Element) => {
      const { href } = element.properties;
      if (element.tagName === 'img') element.properties.loading = 'lazy';
      if (element.tagName !== 'a' || typeof href !== 'string') return;
      if (href.startsWith('#')) {
        const target = href.slice(1);
        if (!target.startsWith(ID_PREFIX)) element.properties.href = `#${ID_PREFIX}${target}`;
        return;
      }
      element.properties.rel = ['noopener', 'noreferrer', 'nofollow'];
      element.properties.target = '_blank';
    });
  };
}
