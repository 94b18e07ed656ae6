/** Bytes of a page's source. */
export const MAX_PAGE_BYTES = 1024 ** 2;
