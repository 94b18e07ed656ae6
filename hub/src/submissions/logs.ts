import { LogStream } from '@weir/proto/node/v1';
import { and, asc, eq, or, sql } from 'drizzle-orm';
import type { Actor } from '../accounts/access.ts';
import type { LogLevelName } from '../bundles/model.ts';
import type { Queries } from '../db/database.ts';
import { decodeCursor, encodeCursor } from '../db/page.ts';
import { logChunks } from '../dispatch/schema.ts';
import type { ReachedSubmission, SubmissionGate } from './gate.ts';

export type LogStreamName = Lowercase<Exclude<keyof typeof LogStream & string, 'UNSPECIFIED'>>;

export interface RunLogs {
  readonly streams: {
    readonly stream: LogStreamName;
    /** What came after the cursor. */
    readonly text: string;
    /** Cursor of the whole answer, the same in each stream. */
    readonly nextCursor: string;
    /** The rest was dropped at the site. */
    readonly truncated: boolean;
  }[];
  readonly nextCursor: string;
  /** What the competition asks for. Sites may let out less; next to their own data never more than scrubbed lines. */
  readonly level: LogLevelName;
  /** The run sees data of the site: whatever leaves of its logs leaves with its outcome. */
  readonly seesSiteData: boolean;
  /** Whether the one who asks may see them. */
  readonly permitted: boolean;
}

/** Up to where somebody has read: the last sequence of each stream of an attempt. */
interface LogCursor {
  readonly attempt: number;
  readonly sequences: Readonly<Record<string, number>>;
}

const START: LogCursor = { attempt: 0, sequences: {} };

export interface SubmissionLogs {
  /**
   * Logs of a run's latest attempt, from the beginning or from where an earlier answer ended. A cursor of an attempt that was
   * given up starts again with the new one.
   * @throws SubmissionMissingError
   */
  read(actor: Actor, runId: number, cursor?: string | null): Promise<RunLogs>;
}

export function createSubmissionLogs(queries: Queries, gate: SubmissionGate): SubmissionLogs {
  return {
    async read(actor, runId, cursor) {
      const { run, ...reached } = await gate.findOfRun(actor, runId);
      // For others the run does not exist.
      await gate.view(actor, reached.submission.id);
      const { seesSiteData } = run;
      const level = levelOf(reached, seesSiteData);
      if (!maySeeLogs(reached))
        return { streams: [], nextCursor: encodeCursor(START), level, seesSiteData, permitted: false };
      const from = decodeCursor(cursor, isLogCursor) ?? START;
      const seen = from.attempt === run.attempt ? from : { attempt: run.attempt, sequences: {} };
      return { ...(await readFrom(queries, runId, seen)), level, seesSiteData, permitted: true };
    },
  };
}

function levelOf({ submission, competition }: ReachedSubmission, seesSiteData: boolean): LogLevelName {
  if (submission.isRehearsal) return 'full';
  return seesSiteData && competition.logLevel === 'full' ? 'scrubbed' : competition.logLevel;
}

/** Output of programs may tell about the data: it is for organizers, and for the owner unless the phase hides it; of a rehearsal there is nothing to hide. */
function maySeeLogs({ access, isOwner, phase, submission }: ReachedSubmission): boolean {
  return access.canManage || (isOwner && (!phase.hideOutput || submission.isRehearsal));
}

async function readFrom(
  queries: Queries,
  runId: number,
  cursor: LogCursor,
): Promise<Pick<RunLogs, 'streams' | 'nextCursor'>> {
  const known = Object.entries(cursor.sequences).map(([stream, sequence]) =>
    and(eq(logChunks.stream, Number(stream)), sql`${logChunks.sequence} <= ${sequence}`),
  );
  const chunks = await queries
    .select({
      stream: logChunks.stream,
      sequence: logChunks.sequence,
      text: logChunks.text,
      truncated: logChunks.truncated,
    })
    .from(logChunks)
    .where(
      and(
        eq(logChunks.runId, runId),
        eq(logChunks.attempt, cursor.attempt),
        known.length > 0 ? sql`not (${or(...known)})` : undefined,
      ),
    )
    .orderBy(asc(logChunks.stream), asc(logChunks.sequence));
  const byStream = [...Map.groupBy(chunks, ({ stream }) => stream)].map(
    ([stream, all]) => [stream, withoutGap(all, (cursor.sequences[stream] ?? 0) + 1)] as const,
  );
  const sequences = { ...cursor.sequences };
  for (const [stream, read] of byStream) {
    const last = read.at(-1);
    if (last) sequences[stream] = last.sequence;
  }
  const nextCursor = encodeCursor({ attempt: cursor.attempt, sequences });
  const streams = byStream.flatMap(([stream, read]) => {
    const name = LogStream[stream];
    if (read.length === 0 || name === undefined) return [];
    return [
      {
        stream: name.toLowerCase() as LogStreamName,
        text: Buffer.concat(read.map(({ text }) => text)).toString(),
        nextCursor,
        truncated: read.some(({ truncated }) => truncated),
      },
    ];
  });
  return { streams, nextCursor };
}

/** Chunks that overtook others wait until those are there. */
function withoutGap<Chunk extends { sequence: number }>(chunks: readonly Chunk[], first: number): Chunk[] {
  const gap = chunks.findIndex(({ sequence }, place) => sequence !== first + place);
  return chunks.slice(0, gap === -1 ? chunks.length : gap);
}

function isLogCursor(value: unknown): value is LogCursor {
  if (typeof value !== 'object' || value === null) return false;
  const { attempt, sequences } = value as Partial<LogCursor>;
  return (
    Number.isSafeInteger(attempt) &&
    typeof sequences === 'object' &&
    sequences !== null &&
    Object.entries(sequences).every(
      ([stream, sequence]) => /^\d{1,3}$/.test(stream) && Number.isInteger(sequence) && sequence < 2 ** 31,
    )
  );
}
