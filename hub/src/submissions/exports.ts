import { asc, eq, inArray } from 'drizzle-orm';
import type { Actor } from '../accounts/access.ts';
import { columns, leaderboards } from '../competitions/schema.ts';
import type { Database } from '../db/database.ts';
import type { Page } from '../db/page.ts';
import { csvLine } from '../dumps/csv.ts';
import { resources } from '../resources/schema.ts';
import { submissions } from './schema.ts';
import type { Submissions } from './service.ts';
import type { SubmissionView } from './view.ts';

export type ExportFilter = Omit<Parameters<Submissions['all']>[1], 'cursor' | 'limit'>;

export interface ExportedFile {
  readonly name: string;
  readonly digest: string;
  readonly size: number;
}

/** The console's list as files. For organizers; each page is asked for as they are, so that a right that is taken away ends it. */
export interface Exports {
  /** Lines of a CSV: one for each submission, and for each part of those with several tasks. Reads as it is read. */
  table(actor: Actor, filter: ExportFilter): Promise<AsyncIterable<string>>;
  /** What was submitted, named by number, participant and file. */
  files(actor: Actor, filter: ExportFilter): Promise<ExportedFile[]>;
}

const PAGE = 100;
const FACTS = [
  'id',
  'part_of',
  'participant',
  'phase',
  'task',
  'name',
  'file',
  'status',
  'failure',
  'fault',
  'submitted',
  'ended',
  'on_leaderboard',
  'public',
  'rehearsal',
  'edited',
];

export function createExports({ queries }: Database, list: Submissions['all']): Exports {
  async function* pages(actor: Actor, filter: ExportFilter, first: Page<SubmissionView>) {
    let page = first;
    while (true) {
      yield page.items;
      if (page.nextCursor === null) return;
      page = await list(actor, { ...filter, cursor: page.nextCursor, limit: PAGE });
    }
  }

  async function columnKeys(competitionId: number): Promise<string[]> {
    const rows = await queries
      .select({ key: columns.key })
      .from(columns)
      .innerJoin(leaderboards, eq(leaderboards.id, columns.leaderboardId))
      .where(eq(leaderboards.competitionId, competitionId))
      .orderBy(asc(leaderboards.index), asc(columns.index));
    return [...new Set(rows.map(({ key }) => key))];
  }

  return {
    async table(actor, filter) {
      // Asked before the first line is sent: a refusal has its own answer.
      const first = await list(actor, { ...filter, limit: PAGE });
      const keys = await columnKeys(filter.competitionId);
      async function* lines() {
        yield csvLine([...FACTS, ...keys]);
        for await (const views of pages(actor, filter, first))
          for (const view of views) for (const one of [view, ...view.children]) yield toLine(one, keys);
      }
      return lines();
    },

    async files(actor, filter) {
      const first = await list(actor, { ...filter, limit: PAGE });
      const files: ExportedFile[] = [];
      for await (const views of pages(actor, filter, first)) {
        const rows = await queries
          .select({ id: submissions.id, digest: resources.digest, size: resources.size })
          .from(submissions)
          .innerJoin(resources, eq(resources.id, submissions.resourceId))
          .where(
            inArray(
              submissions.id,
              views.map(({ id }) => id),
            ),
          );
        const stored = new Map(rows.map((row) => [row.id, row]));
        for (const { id, owner, fileName } of views) {
          const file = stored.get(id);
          if (file?.digest && file.size !== null)
            files.push({
              name: `${id}-${plain(owner)}-${plain(fileName)}`,
              digest: file.digest,
              size: file.size,
            });
        }
      }
      return files;
    },
  };
}

function toLine(view: SubmissionView, keys: readonly string[]): string {
  const scores = new Map(view.scores.map(({ columnKey, raw }) => [columnKey, raw]));
  return csvLine([
    view.id,
    view.parentId,
    view.owner,
    view.phaseName,
    view.taskName,
    view.name,
    view.fileName,
    view.status,
    view.explanation?.sentence ?? null,
    view.explanation?.fault ?? null,
    view.createdAt,
    view.finishedAt,
    view.onLeaderboard,
    view.isPublic,
    view.isRehearsal,
    view.changes.some(({ kind }) => kind === 'score'),
    ...keys.map((key) => scores.get(key) ?? null),
  ]);
}

/** Names come from participants; those in an archive end up in somebody's folder. */
function plain(name: string): string {
  return (
    name
      .replace(/[^\p{L}\p{N}._-]+/gu, '_')
      .replace(/^\.+/, '')
      .slice(-100) || 'file'
  );
}
