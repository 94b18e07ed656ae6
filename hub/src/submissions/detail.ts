import type { Actor } from '../accounts/access.ts';
import type { Database } from '../db/database.ts';
import type { Boards } from '../leaderboards/boards.ts';
import type { BoardMoves } from './board.ts';
import { mayPublish } from './editing.ts';
import type { SubmissionFile, SubmissionFiles } from './files.ts';
import type { ReachedSubmission } from './gate.ts';
import type { SubmissionView } from './view.ts';

/** All that the page of one submission shows to whoever looks at it. */
export interface SubmissionDetail extends SubmissionView {
  readonly files: SubmissionFile[];
  readonly canManage: boolean;
  readonly canPutOnLeaderboard: boolean;
  readonly canRemoveFromLeaderboard: boolean;
  /** The competition's questions, with what was answered when it was submitted. */
  readonly factSheet: { readonly key: string; readonly title: string; readonly answer: unknown }[];
  /** What it says of itself. */
  readonly canEdit: boolean;
  readonly canPublish: boolean;
  /** Columns in which organizers may write another score; none for others. */
  readonly editableColumns: { readonly key: string; readonly title: string }[];
}

export async function toDetail(
  {
    database,
    boards,
    files,
    moves,
  }: { database: Database; boards: Boards; files: SubmissionFiles; moves: BoardMoves },
  actor: Actor,
  reached: ReachedSubmission,
  view: SubmissionView,
): Promise<SubmissionDetail> {
  const { canManage } = reached.access;
  return {
    ...view,
    files: await files.list(reached),
    canManage,
    factSheet: (reached.competition.factSheet ?? []).flatMap(({ key, title }) =>
      view.factSheetAnswers ? [{ key, title, answer: view.factSheetAnswers[key] ?? null }] : [],
    ),
    canEdit: reached.isOwner || canManage,
    canPublish: mayPublish(reached),
    editableColumns: canManage ? await editableColumns(database, boards, reached.submission.phaseId) : [],
    ...(await moves.permissions(actor, reached, view.onLeaderboard)),
  };
}

async function editableColumns(
  database: Database,
  boards: Boards,
  phaseId: number,
): Promise<SubmissionDetail['editableColumns']> {
  const board = (await boards.get(database, [phaseId])).get(phaseId);
  return (board?.columns ?? []).flatMap(({ key, title, computation }) =>
    computation === null ? [{ key, title }] : [],
  );
}
