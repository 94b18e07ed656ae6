import type { Bundle, BundleText } from '../../bundles/model.ts';
import type { Problem } from '../../bundles/problem.ts';
import {
  ContentError,
  type ImageType,
  type PageFormat,
  pageFormatOf,
  readImage,
  renderPage,
} from '../../content/index.ts';
import type { Archive } from '../../storage/archive/index.ts';

const MAX_LOGO_BYTES = 10 * 1024 ** 2;

export interface RenderedText {
  readonly format: PageFormat;
  readonly source: string;
  readonly html: string;
}

export interface Content {
  readonly terms: RenderedText;
  readonly pages: (RenderedText & { readonly title: string })[];
}

/** Renders the competition's texts, one after the other, and collects what keeps them from being shown. */
export async function renderContent(bundle: Bundle): Promise<{ content: Content; problems: Problem[] }> {
  const problems: Problem[] = [];
  const render = async ({ file, source }: BundleText, where: string): Promise<RenderedText> => {
    const format = pageFormatOf(file);
    try {
      const { html } = await renderPage(file, source);
      // PostgreSQL's texts have no NUL.
      return { format, source: source.replaceAll('\0', ''), html: html.replaceAll('\0', '') };
    } catch (error) {
      if (!(error instanceof ContentError)) throw error;
      const { code, message, cure } = error;
      problems.push({ severity: 'error', code, message, cure, file, line: null, column: null, where });
      return { format, source: '', html: '' };
    }
  };
  const terms = await render(bundle.terms, 'terms');
  const pages: Content['pages'] = [];
  for (const [index, page] of bundle.pages.entries()) {
    pages.push({ title: page.title, ...(await render(page, `pages[${index}].file`)) });
  }
  return { content: { terms, pages }, problems };
}

/** The bundle's reader has looked at it before. */
export async function readLogo(
  archive: Archive,
  file: string,
): Promise<{ bytes: Buffer; type: ImageType } | null> {
  const bytes = await archive.readEntry(file, MAX_LOGO_BYTES);
  const image = readImage(bytes);
  return 'refused' in image ? null : { bytes, type: image.type };
}
