import { Readable } from 'node:stream';
import { aliasedTable, and, asc, eq, gt, or } from 'drizzle-orm';
import { users } from '../accounts/schema.ts';
import { columns, leaderboards, participants, phases, tasks } from '../competitions/schema.ts';
import type { Queries } from '../db/database.ts';
import { boardMarks } from '../leaderboards/schema.ts';
import { resources } from '../resources/schema.ts';
import type { ZipMember } from '../storage/archive/index.ts';
import { scores, submissions } from '../submissions/schema.ts';
import { csvLine } from './csv.ts';

/** Rows are read in portions, so that memory does not grow with the competition. */
const PORTION = 2_000;

/**
 * Participants, submissions, scores and marks of boards as tables, for the records of the organizers. They are below `archive/`, where no reader of bundles looks:
 * an import leaves them alone. Deleted submissions and rehearsals are in it, and say so.
 */
export function archiveMembers(queries: Queries, competitionId: number): ZipMember[] {
  const table = (name: string, header: readonly string[], rows: () => AsyncIterable<string>): ZipMember => ({
    name: `archive/${name}.csv`,
    open: async () => Readable.from(withHeader(csvLine(header), rows()), { objectMode: false }),
  });
  return [
    table('participants', PARTICIPANT, () => participantLines(queries, competitionId)),
    table('submissions', SUBMISSION, () => submissionLines(queries, competitionId)),
    table('scores', SCORE, () => scoreLines(queries, competitionId)),
    table('marks', MARK, () => markLines(queries, competitionId)),
  ];
}

const PARTICIPANT = [
  'id',
  'username',
  'display_name',
  'email',
  'status',
  'accepted_terms_version',
  'accepted_terms_at',
  'registered_at',
];
const SUBMISSION = [
  'id',
  'parent_id',
  'phase_index',
  'phase',
  'task',
  'owner',
  'name',
  'description',
  'file_name',
  'file_digest',
  'status',
  'failure_code',
  'fault',
  'is_public',
  'is_specific_task_re_run',
  'is_rehearsal',
  'fact_sheet_answers',
  'created_at',
  'finished_at',
  'deleted_at',
];
const SCORE = ['submission_id', 'phase_index', 'owner', 'leaderboard', 'column', 'value'];
const MARK = ['submission_id', 'is_baseline', 'mark', 'note', 'marked_by', 'marked_at'];

async function* participantLines(queries: Queries, competitionId: number): AsyncIterable<string> {
  yield* inPortions((after: number) =>
    queries
      .select({ participant: participants, user: users })
      .from(participants)
      .innerJoin(users, eq(users.id, participants.userId))
      .where(and(eq(participants.competitionId, competitionId), gt(participants.id, after)))
      .orderBy(asc(participants.id))
      .limit(PORTION),
  )(
    ({ participant: { id, ...joined }, user: { username, displayName, email } }) => ({
      after: id,
      line: csvLine([
        id,
        username,
        displayName,
        email,
        joined.status,
        joined.acceptedTermsVersion,
        joined.acceptedTermsAt,
        joined.createdAt,
      ]),
    }),
    0,
  );
}

async function* submissionLines(queries: Queries, competitionId: number): AsyncIterable<string> {
  yield* inPortions((after: number) =>
    queries
      .select({
        submission: submissions,
        phase: phases.name,
        phaseIndex: phases.index,
        task: tasks.name,
        owner: users.username,
        digest: resources.digest,
      })
      .from(submissions)
      .innerJoin(phases, eq(phases.id, submissions.phaseId))
      .innerJoin(users, eq(users.id, submissions.ownerId))
      .leftJoin(tasks, eq(tasks.id, submissions.taskId))
      .leftJoin(resources, eq(resources.id, submissions.resourceId))
      .where(and(eq(phases.competitionId, competitionId), gt(submissions.id, after)))
      .orderBy(asc(submissions.id))
      .limit(PORTION),
  )(
    ({ submission, phase, phaseIndex, task, owner, digest }) => ({
      after: submission.id,
      line: csvLine([
        submission.id,
        submission.parentId,
        phaseIndex,
        phase,
        task,
        owner,
        submission.name,
        submission.description,
        submission.fileName,
        digest,
        submission.status,
        submission.failureCode,
        submission.fault,
        submission.isPublic,
        submission.isSpecificTaskReRun,
        submission.isRehearsal,
        submission.factSheetAnswers,
        submission.createdAt,
        submission.finishedAt,
        submission.deletedAt,
      ]),
    }),
    0,
  );
}

async function* scoreLines(queries: Queries, competitionId: number): AsyncIterable<string> {
  const owners = aliasedTable(users, 'owners');
  yield* inPortions((after: { submissionId: number; columnId: number }) =>
    queries
      .select({
        score: scores,
        phaseIndex: phases.index,
        owner: owners.username,
        leaderboard: leaderboards.key,
        column: columns.key,
      })
      .from(scores)
      .innerJoin(submissions, eq(submissions.id, scores.submissionId))
      .innerJoin(phases, eq(phases.id, submissions.phaseId))
      .innerJoin(owners, eq(owners.id, submissions.ownerId))
      .innerJoin(columns, eq(columns.id, scores.columnId))
      .innerJoin(leaderboards, eq(leaderboards.id, columns.leaderboardId))
      .where(
        and(
          eq(phases.competitionId, competitionId),
          or(
            gt(scores.submissionId, after.submissionId),
            and(eq(scores.submissionId, after.submissionId), gt(scores.columnId, after.columnId)),
          ),
        ),
      )
      .orderBy(asc(scores.submissionId), asc(scores.columnId))
      .limit(PORTION),
  )(
    ({ score: { submissionId, columnId, value }, phaseIndex, owner, leaderboard, column }) => ({
      after: { submissionId, columnId },
      line: csvLine([submissionId, phaseIndex, owner, leaderboard, column, Number(value)]),
    }),
    { submissionId: 0, columnId: 0 },
  );
}

async function* markLines(queries: Queries, competitionId: number): AsyncIterable<string> {
  yield* inPortions((after: number) =>
    queries
      .select({ marked: boardMarks, by: users.username })
      .from(boardMarks)
      .innerJoin(submissions, eq(submissions.id, boardMarks.submissionId))
      .innerJoin(phases, eq(phases.id, submissions.phaseId))
      .innerJoin(users, eq(users.id, boardMarks.markedBy))
      .where(and(eq(phases.competitionId, competitionId), gt(boardMarks.submissionId, after)))
      .orderBy(asc(boardMarks.submissionId))
      .limit(PORTION),
  )(
    ({ marked: { submissionId, isBaseline, mark, note, markedAt }, by }) => ({
      after: submissionId,
      line: csvLine([submissionId, isBaseline, mark, note, by, markedAt]),
    }),
    0,
  );
}

/** Reads portion after portion, each beginning after the last row of the one before. */
function inPortions<Row, After>(read: (after: After) => PromiseLike<Row[]>) {
  return async function* (
    show: (row: Row) => { after: After; line: string },
    first: After,
  ): AsyncIterable<string> {
    let after = first;
    for (let isOver = false; !isOver; ) {
      const rows = await read(after);
      isOver = rows.length < PORTION;
      for (const row of rows) {
        const shown = show(row);
        after = shown.after;
        yield shown.line;
      }
    }
  };
}

async function* withHeader(header: string, lines: AsyncIterable<string>): AsyncIterable<string> {
  yield header;
  yield* lines;
}
