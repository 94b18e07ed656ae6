import { createHash } from 'node:crypto';
import { ContentError, renderPage } from '../../../content/index.ts';
import { type CompetitionReading, termsDigestOf } from '../wire/competition.ts';

type Page = CompetitionReading['pages'][number];

/** A peer's competition that can be shown: its pages and terms have been through this hub's own sanitizer. */
export interface SafeCompetition extends Omit<CompetitionReading, 'pages'> {
  readonly pages: (Page & { readonly digest: string })[];
  /** Of the terms as the peer sent them: what somebody agrees to. */
  readonly termsDigest: string;
  /** As the peer sent them. Never shown. */
  readonly termsSource: string;
}

/** @param before the last one: pages that have not changed since are not rendered again */
export async function toSafeCompetition(
  { pages, termsHtml, ...reading }: CompetitionReading,
  before: SafeCompetition | null,
): Promise<SafeCompetition> {
  const known = new Map(before?.pages.map(({ digest, html }) => [digest, html]));
  const safe: SafeCompetition['pages'] = [];
  for (const page of pages) {
    const digest = createHash('sha256').update(page.html).digest('hex');
    safe.push({ ...page, digest, html: known.get(digest) ?? (await render(page.html)) });
  }
  const termsDigest = termsDigestOf(termsHtml);
  const html = before?.termsDigest === termsDigest ? before.termsHtml : await render(termsHtml);
  return { ...reading, pages: safe, termsHtml: html, termsSource: termsHtml, termsDigest };
}

async function render(html: string): Promise<string> {
  try {
    return (await renderPage('page.html', html)).html;
  } catch (error) {
    if (!(error instanceof ContentError)) throw error;
    return '<p><em>This hub cannot show this page: it is too long or too deep. Read it at its own hub.</em></p>';
  }
}
