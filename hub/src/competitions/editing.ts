import { Readable } from 'node:stream';
import { eq } from 'drizzle-orm';
import type { FactSheetQuestion } from '../bundles/model.ts';
import { ContentError, type PageFormat, readImage, renderPage } from '../content/index.ts';
import type { Database, Transaction } from '../db/database.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { CompetitionInvalidError } from './errors.ts';
import { competitions, pages } from './schema.ts';
import { type Competition, setCollaborators } from './store.ts';

/** What organizers set of a competition as a whole. */
export type CompetitionSettings = Pick<
  Competition,
  | 'title'
  | 'description'
  | 'type'
  | 'dockerImage'
  | 'reward'
  | 'contactEmail'
  | 'registrationAutoApprove'
  | 'allowRobotSubmissions'
  | 'enableDetailedResults'
  | 'showDetailedResultsInSubmissionPanel'
  | 'showDetailedResultsInLeaderboard'
  | 'autoRunSubmissions'
  | 'canParticipantsMakeSubmissionsPublic'
  | 'makeProgramsAvailable'
  | 'makeInputDataAvailable'
  | 'forumEnabled'
>;

/** What is left out stays as it is. */
export type CompetitionEdit = {
  readonly [Name in keyof CompetitionSettings]?: CompetitionSettings[Name] | undefined;
} & {
  readonly published?: boolean | undefined;
  /** None: nothing is asked. */
  readonly factSheet?: readonly FactSheetQuestion[] | undefined;
  /** Other terms than before are to be accepted anew. */
  readonly terms?: string | undefined;
  /** A PNG, JPEG, GIF or WebP; null for none. */
  readonly logo?: Uint8Array | null | undefined;
  /** All who organize it beside whoever made it, by their ids. */
  readonly collaborators?: readonly number[] | undefined;
  /** All of them, in order. */
  readonly pages?: readonly { readonly title: string; readonly source: string }[] | undefined;
};

/** Texts of the edit, rendered before the transaction that writes them. */
export interface RenderedEdit {
  readonly settings: Partial<Competition>;
  readonly pages: (typeof pages.$inferInsert)[] | null;
  readonly collaborators: readonly number[] | null;
}

/** A page that stays as it was keeps its format. @throws CompetitionInvalidError */
export async function renderEdit(
  { database: { queries }, blobs }: { database: Database; blobs: BlobStore },
  { id, termsFormat, termsSource }: Competition,
  { terms, pages: sent, factSheet, logo, collaborators, ...settings }: CompetitionEdit,
): Promise<RenderedEdit> {
  const defined = Object.entries(settings).filter(([, value]) => value !== undefined);
  const isOther = terms !== undefined && terms !== termsSource;
  const former = sent
    ? await queries
        .select({ source: pages.source, format: pages.format, html: pages.html })
        .from(pages)
        .where(eq(pages.competitionId, id))
    : [];
  const rows: (typeof pages.$inferInsert)[] = [];
  for (const [index, { title, source }] of (sent ?? []).entries()) {
    const known = former.find((page) => page.source === source);
    const text = known ?? { source, format: 'markdown', html: await render('pages', source, 'markdown') };
    rows.push({ competitionId: id, index, title, ...text });
  }
  return {
    settings: {
      ...(Object.fromEntries(defined) as Partial<Competition>),
      ...(factSheet && { factSheet: factSheet.length > 0 ? [...factSheet] : null }),
      ...(logo !== undefined && (await storeLogo(blobs, logo))),
      ...(isOther && { termsSource: terms, termsHtml: await render('terms', terms, termsFormat) }),
    },
    pages: sent ? rows : null,
    collaborators: collaborators ? [...new Set(collaborators)] : null,
  };
}

/** @throws CompetitionInvalidError */
async function storeLogo(
  blobs: BlobStore,
  bytes: Uint8Array | null,
): Promise<Pick<Competition, 'logoDigest' | 'logoMediaType'>> {
  if (bytes === null) return { logoDigest: null, logoMediaType: null };
  const image = readImage(bytes);
  if ('refused' in image)
    throw new CompetitionInvalidError('logo', `${image.refused.message} ${image.refused.cure}`);
  const { digest } = await blobs.put(Readable.from([bytes]), { maxBytes: bytes.length });
  return { logoDigest: digest, logoMediaType: image.type };
}

/** Markdown, which may hold HTML, as pages of either kind do. */
async function render(field: string, source: string, format: PageFormat): Promise<string> {
  try {
    return (await renderPage(format === 'html' ? 'page.html' : 'page.md', source)).html;
  } catch (error) {
    if (!(error instanceof ContentError)) throw error;
    throw new CompetitionInvalidError(field, `${error.message} ${error.cure}`);
  }
}

export async function writeEdit(
  { queries }: Transaction,
  { id, termsVersion, createdBy }: Competition,
  { settings, pages: written, collaborators: organizers }: RenderedEdit,
): Promise<void> {
  const version = settings.termsSource === undefined ? {} : { termsVersion: termsVersion + 1 };
  const change = { ...settings, ...version };
  if (Object.keys(change).length > 0)
    await queries.update(competitions).set(change).where(eq(competitions.id, id));
  if (organizers)
    await setCollaborators(
      queries,
      id,
      organizers.filter((userId) => userId !== createdBy),
    );
  if (written === null) return;
  await queries.delete(pages).where(eq(pages.competitionId, id));
  if (written.length > 0) await queries.insert(pages).values(written);
}
