/** Bytes of a page's source. */
export const MAX_PAGE_BYTES = 1024 ** 2;
/** Bytes of a page's HTML, which escaping makes longer than its source. */
export const MAX_PAGE_HTML_BYTES = 8 * 1024 ** 2;
/** How deep quotes, lists and elements may nest in a page. */
export const MAX_PAGE_DEPTH = 100;
/** Milliseconds that one page may take, the start of its process included; an honest one takes half a second. */
export const RENDER_DEADLINE = 8_000;
/** Mebibytes of heap that one page may take. */
export const RENDER_HEAP = 512;
