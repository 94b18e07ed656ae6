import type { Actor } from '../accounts/access.ts';
import type { Competitions } from '../competitions/service.ts';
import type { Database } from '../db/database.ts';
import { decodeCursor, toPage } from '../db/page.ts';
import { ownScores, type SitesView, toSitesView } from '../submissions/many-sites/view.ts';
import { type Board, type BoardColumn, findBoards } from './boards.ts';
import { type ColumnView, toColumnView } from './column-view.ts';
import { BoardHiddenError } from './errors.ts';
import { compareSortKeys, sortKey } from './ranking.ts';
import { RULES, type SubmissionRule } from './rules.ts';
import {
  findStandings,
  findVersion,
  isStandingCursor,
  type Standing,
  type StandingLeaf,
  summarise,
} from './standings.ts';

export interface BoardPage {
  readonly phaseId: number;
  readonly title: string;
  readonly rule: SubmissionRule;
  /** The rule in words. */
  readonly ruleSentence: string;
  readonly columns: ColumnView[];
  readonly total: number;
  /** Grows with each change of the board. */
  readonly version: number;
  readonly rows: BoardRow[];
  readonly nextCursor: string | null;
}

/** Rounded to the columns' precision, by column key. */
export type RoundedScores = Readonly<Record<string, string>>;

export interface BoardRow {
  /** Shared by rows that nothing but their age tells apart. */
  readonly rank: number;
  readonly submissionId: number;
  readonly owner: string;
  readonly displayName: string;
  readonly submittedAt: Date;
  /** Of the task that did best; a missing score is null. */
  readonly scores: Readonly<Record<string, { readonly value: string } | null>>;
  /** Sites in the score, of those that were asked; null without site data. */
  readonly coverage: SitesView | null;
  /** Of sites that share their scores. */
  readonly perSite: { readonly site: string; readonly scores: RoundedScores }[];
  /** One for each task that was entered; of a submission with one task, that one. */
  readonly perTask: {
    readonly taskId: number;
    readonly taskName: string;
    readonly submissionId: number;
    readonly scores: RoundedScores;
    readonly detailedResultUrl: string | null;
  }[];
  readonly detailedResultUrl: string | null;
  readonly factSheetAnswers: Record<string, unknown> | null;
  readonly mine: boolean;
}

export interface Leaderboards {
  /**
   * A page of a phase's board, for whoever sees the competition.
   * @throws PhaseMissingError | BoardHiddenError
   */
  get(
    actor: Actor,
    request: { phaseId: number; cursor?: string | undefined; limit?: number | undefined },
  ): Promise<BoardPage>;
  /** For those that wait for changes. @throws PhaseMissingError | BoardHiddenError */
  version(actor: Actor, phaseId: number): Promise<number>;
}

export function createLeaderboards({
  database,
  competitions,
}: {
  database: Database;
  competitions: Pick<Competitions, 'gate'>;
}): Leaderboards {
  /** What the actor may see of a board. */
  async function reach(actor: Actor, phaseId: number) {
    const { phase, competition, access } = await competitions.gate.viewPhase(actor, phaseId);
    const [board] = await findBoards(database, [phaseId]);
    if (!board || (board.hidden && !access.canManage)) throw new BoardHiddenError();
    const showsReports =
      access.canManage ||
      (competition.enableDetailedResults &&
        competition.showDetailedResultsInLeaderboard &&
        !phase.hideOutput);
    return {
      board,
      canManage: access.canManage,
      columns: board.columns.filter(({ hidden }) => !hidden || access.canManage),
      showsReports,
      shownAnswers: new Set(
        (competition.factSheet ?? [])
          .filter(({ isOnLeaderboard }) => isOnLeaderboard || access.canManage)
          .map(({ key }) => key),
      ),
    };
  }

  return {
    async get(actor, { phaseId, cursor, limit = 50 }) {
      const { board, ...shown } = await reach(actor, phaseId);
      const after = decodeCursor(cursor, isStandingCursor);
      const [standings, { total, version }] = await Promise.all([
        findStandings(database, phaseId, after, limit + 1),
        summarise(database, phaseId),
      ]);
      const { items, nextCursor } = toPage(standings, limit, (row) => ({
        sortKey: row.sortKey,
        submittedAt: row.submittedAtText,
        submissionId: row.submissionId,
      }));
      const me = actor.kind === 'user' ? actor.user.id : null;
      return {
        phaseId,
        title: board.title,
        rule: board.rule,
        ruleSentence: RULES[board.rule].sentence,
        columns: shown.columns.map((column) => toColumnView(column, board.primaryIndex)),
        total,
        version,
        rows: items.map((standing) => ({ ...toRow(board, standing, shown), mine: standing.ownerId === me })),
        nextCursor,
      };
    },

    async version(actor, phaseId) {
      await reach(actor, phaseId);
      return findVersion(database, phaseId);
    },
  };
}

interface Shown {
  readonly canManage: boolean;
  readonly columns: readonly BoardColumn[];
  readonly showsReports: boolean;
  /** Keys of the fact sheet's questions. */
  readonly shownAnswers: ReadonlySet<string>;
}

function toRow(board: Board, standing: Standing, shown: Shown): Omit<BoardRow, 'mine'> {
  const { rank, submissionId, owner, displayName, submittedAt, leaves } = standing;
  const best = bestLeaf(board, leaves);
  const scores = best ? roundAll(shown.columns, ({ id }) => best.scores[id]) : {};
  const runs = (best?.runs ?? []).map((run) => ({
    ...run,
    combinedAt: run.combinedAt === null ? null : new Date(run.combinedAt),
  }));
  const finishedAt = best?.finishedAt ? new Date(best.finishedAt) : null;
  return {
    rank,
    submissionId,
    owner,
    displayName,
    submittedAt,
    scores: Object.fromEntries(
      shown.columns.map(({ key }) => [key, scores[key] === undefined ? null : { value: scores[key] }]),
    ),
    coverage: toSitesView(best?.rule ?? null, runs, finishedAt),
    perSite: runs
      .filter(({ siteId }) => siteId !== null)
      .flatMap((run) => {
        const own = ownScores(best?.rule ?? null, run, { asked: runs.length, canManage: shown.canManage });
        if (!own) return [];
        return [{ site: run.siteTitle ?? '', scores: roundAll(shown.columns, ({ key }) => own[key]) }];
      }),
    perTask: leaves.map((leaf) => ({
      taskId: leaf.taskId,
      taskName: leaf.taskName,
      submissionId: leaf.submissionId,
      scores: roundAll(shown.columns, ({ id }) => leaf.scores[id]),
      detailedResultUrl: reportOf(leaf, shown),
    })),
    detailedResultUrl: best ? reportOf(best, shown) : null,
    factSheetAnswers: standing.factSheetAnswers && answersShown(standing.factSheetAnswers, shown),
  };
}

function bestLeaf(board: Board, leaves: readonly StandingLeaf[]): StandingLeaf | undefined {
  const keyOf = ({ scores }: StandingLeaf) =>
    sortKey(
      board.columns,
      board.primaryIndex,
      new Map(Object.entries(scores).map(([columnId, value]) => [Number(columnId), value])),
    );
  return leaves.toSorted((a, b) => compareSortKeys(keyOf(a), keyOf(b)))[0];
}

function roundAll(
  columns: readonly BoardColumn[],
  scoreIn: (column: BoardColumn) => number | undefined,
): Record<string, string> {
  return Object.fromEntries(
    columns.flatMap((column) => {
      const value = scoreIn(column);
      return value === undefined ? [] : [[column.key, value.toFixed(column.precision)]];
    }),
  );
}

function reportOf({ runs }: StandingLeaf, { showsReports }: Shown): string | null {
  const run = showsReports ? runs.find(({ hasReport }) => hasReport) : undefined;
  return run ? `/reports/${run.id}` : null;
}

function answersShown(
  answers: Record<string, unknown>,
  { shownAnswers }: Shown,
): Record<string, unknown> | null {
  const entries = Object.entries(answers).filter(([key]) => shownAnswers.has(key));
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}
