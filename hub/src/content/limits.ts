/** Bytes of a page's source. */
export const MAX_PAGE_BYTES = 1024 ** 2;
/** Bytes of a page's HTML, which escaping makes longer than its source. */
export const MAX_PAGE_HTML_BYTES = 8 * 1024 ** 2;
/** How deep quotes, lists and elements may nest in a page. */
export const MAX_PAGE_DEPTH = 100;
/** Milliseconds that one page may take once its process is there; an honest one takes a few. */
export const RENDER_DEADLINE = 8_000;
/** Milliseconds that the process of a page may take to be there: half a second, but many times that on a machine that runs a lot else. */
export const RENDER_START_DEADLINE = 120_000;
/** Mebibytes of heap that one page may take. */
export const RENDER_HEAP = 512;
