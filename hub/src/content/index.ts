export { ContentError, type ContentErrorCode } from './errors.ts';
export { type ImageRefusal, type ImageType, type ReadImage, readImage } from './image.ts';
export { MAX_PAGE_BYTES } from './limits.ts';
export type { PageFormat } from './pipeline.ts';
export { pageFormatOf, renderMarkdown, renderPage } from './render.ts';
