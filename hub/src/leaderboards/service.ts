import { sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import { type Actor, requireUser } from '../accounts/access.ts';
import type { BoardSettings, BoardSplit } from '../bundles/model.ts';
import { OrganizersOnlyError } from '../competitions/errors.ts';
import type { Competitions } from '../competitions/service.ts';
import type { Database } from '../db/database.ts';
import { decodeCursor, toPage } from '../db/page.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { LiveBus } from '../live/bus.ts';
import { type Board, type Boards, type Connection, findBoards, findPhasesOf } from './boards.ts';
import { termsOf } from './by-rank.ts';
import { findVersion } from './changes.ts';
import { type ColumnView, toColumnView } from './column-view.ts';
import { BoardHiddenError, SplitMissingError } from './errors.ts';
import { hasInterval } from './intervals.ts';
import { findEntry, type Mark, markEntry, setAnonymous } from './marks.ts';
import { isByRank } from './ranking.ts';
import { rebuildBoard } from './rebuild.ts';
import { renewBoard } from './renew.ts';
import { type BoardRow, toRow } from './row.ts';
import { RULES, type SubmissionRule } from './rules.ts';
import { type BoardSettingsDesk, createBoardSettings } from './settings/service.ts';
import {
  columnsShown,
  combinationOf,
  placesOf,
  type Shown,
  scoreOrder,
  showsScores,
  sightOf,
} from './shown.ts';
import { openSplit, type SplitOpening } from './splits.ts';
import { findStandings, isStandingCursor, type StandingCursor, type StandingsRequest } from './standings.ts';
import { tieGroups } from './ties.ts';

export type { BoardRow } from './row.ts';

export interface BoardView {
  readonly phaseId: number;
  readonly key: string;
  readonly title: string;
  readonly rule: SubmissionRule;
  /** The rule in words. */
  readonly ruleSentence: string;
  readonly taskRule: BoardSettings['taskRule'];
  /** Organizers alone see the board. */
  readonly hidden: boolean;
  /** Names are kept back from all but organizers and whose they are. */
  readonly anonymous: boolean;
  readonly canManage: boolean;
  /** The step in which scores are released; null: as they are. */
  readonly ladderStep: number | null;
  /** How often tasks are drawn for intervals; null: never. */
  readonly bootstrapSamples: number | null;
  /** Those that the actor sees something of. */
  readonly splits: SplitView[];
  /** The key of the one that this is; null: the board itself. */
  readonly split: string | null;
  readonly columns: (ColumnView & { readonly hasInterval: boolean })[];
  /** Of the fact sheet, those whose answers the actor sees here. */
  readonly questions: { readonly key: string; readonly title: string }[];
  /** Of the phase, in its order. */
  readonly tasks: { readonly id: number; readonly name: string }[];
  readonly total: number;
  /** Grows with each change of the board. */
  readonly version: number;
}

/** A table of the same entries by other scores. */
export interface SplitView {
  readonly key: string;
  readonly title: string;
  /** The actor's own entries alone. */
  readonly onlyOwn: boolean;
  readonly visibility: BoardSplit['visibility'];
  readonly visibleFrom: string | null;
}

export interface BoardPage extends BoardView {
  readonly rows: BoardRow[];
  readonly nextCursor: string | null;
}

export interface BoardRequest {
  readonly phaseId: number;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
  /** Key of a split. */
  readonly split?: string | undefined;
  /** Key of a column: its best first. Without, or by a column that the actor does not see, the board's own order. */
  readonly sort?: string | undefined;
  /** Sorts by the column's score in this task of the phase. */
  readonly task?: number | undefined;
  /** The worst first; what is missing stays last. */
  readonly reversed?: boolean | undefined;
}

export interface Leaderboards {
  /**
   * A page of a phase's board, for whoever sees the competition.
   * @throws PhaseMissingError | BoardHiddenError | SplitMissingError
   */
  get(actor: Actor, request: BoardRequest): Promise<BoardPage>;
  /**
   * All of it, as it is at one moment, in the board's order. The rows are read as they are used, as often as they are asked for, until `use` has
   * ended; that long a connection of the database is held.
   * @throws PhaseMissingError | BoardHiddenError
   */
  whole<Result>(
    actor: Actor,
    which: Pick<BoardRequest, 'phaseId' | 'split'>,
    use: (board: BoardView, rows: () => AsyncIterable<BoardRow>) => Promise<Result>,
  ): Promise<Result>;
  /** Those that use a board, in their order. What somebody may see of them is asked of each. */
  phasesOf(leaderboardId: number): Promise<number[]>;
  /** For those that wait for changes. @throws PhaseMissingError | BoardHiddenError */
  version(actor: Actor, phaseId: number): Promise<number>;
  /**
   * What organizers say of an entry. A baseline is listed to compare with: it takes no rank, stays whatever else its owner enters, and the owner's
   * next one takes its former place. One that is a baseline no longer goes where the rule puts it.
   * @throws EntryMissingError | OrganizersOnlyError
   */
  mark(actor: Actor, mark: Mark): Promise<void>;
  /** Hides the names of a phase's board, and of all phases that share it, or lifts that. @throws OrganizersOnlyError */
  setAnonymous(actor: Actor, request: { phaseId: number; anonymous: boolean }): Promise<void>;
  /** The job's handler: see `rebuildBoard` and, for `anew`, `renewBoard`. */
  rebuild(phaseId: number, options?: { anew: boolean }): Promise<void>;
  /** What organizers make boards of. */
  readonly settings: BoardSettingsDesk;
  /** Who sees a split, and from when everybody does. @throws OrganizersOnlyError | SplitMissingError */
  openSplit(actor: Actor, request: SplitOpening): Promise<void>;
}

interface Reach {
  readonly board: Board;
  readonly splits: readonly (BoardSplit & { readonly onlyOwn: boolean })[];
  readonly shown: Shown;
}

/** Rows of one statement while a whole board is read. */
const AT_ONCE = 1_000;

export function createLeaderboards({
  database,
  standings,
  competitions,
  boards,
  dispatch,
  jobs,
  live,
  log,
}: {
  database: Database;
  /** Whose plans go by the order of an index. */
  standings: Database;
  competitions: Pick<Competitions, 'gate'>;
  boards: Boards;
  dispatch: Pick<Dispatch, 'phaseChanged'>;
  jobs: Pick<Jobs, 'enqueue'>;
  live: LiveBus;
  log: Logger;
}): Leaderboards {
  /** What the actor may see of a board, or of one of its splits. */
  async function reach(
    actor: Actor,
    { phaseId, split: key }: Pick<BoardRequest, 'phaseId' | 'split'>,
  ): Promise<Reach> {
    const [{ phase, competition, access }, [board]] = await Promise.all([
      competitions.gate.viewPhase(actor, phaseId),
      findBoards(standings, [phaseId]),
    ]);
    const { canManage } = access;
    if (!board || (board.hidden && !canManage)) throw new BoardHiddenError();
    const viewer = { userId: actor.kind === 'user' ? actor.user.id : null, canManage };
    const now = new Date();
    const split = key === undefined ? null : board.splits.find((one) => one.key === key);
    const sight = split ? sightOf(split, viewer, now) : 'all';
    // Whether there is one that is closed is nobody else's business.
    if (split === undefined || sight === 'none') throw new SplitMissingError(key ?? '');
    const showsReports =
      canManage ||
      (board.ladderStep === null &&
        competition.enableDetailedResults &&
        competition.showDetailedResultsInLeaderboard &&
        !phase.hideOutput);
    const answers = competition.factSheet ?? [];
    return {
      board,
      splits: board.splits.flatMap((one) => {
        const sight = sightOf(one, viewer, now);
        return sight === 'none' ? [] : [{ ...one, onlyOwn: sight === 'own' }];
      }),
      shown: {
        ...viewer,
        split,
        onlyOwn: sight === 'own',
        columns: columnsShown(board, { canManage, split }),
        places: placesOf(board, split),
        showsReports,
        questions: answers
          .filter(({ isOnLeaderboard }) => isOnLeaderboard || canManage)
          .map(({ key, title }) => ({ key, title })),
      },
    };
  }

  async function manage(actor: Actor, phaseId: number): Promise<Board> {
    const { board, shown } = await reach(actor, { phaseId });
    if (!shown.canManage) throw new OrganizersOnlyError();
    return board;
  }

  async function read(
    connection: Connection,
    { board, shown }: Reach,
    request: Omit<BoardRequest, 'phaseId' | 'split' | 'cursor' | 'limit'> & {
      after: StandingCursor | null;
      limit: number;
      isSnapshot?: boolean;
    },
  ) {
    const { split, columns } = shown;
    const found = await findStandings(connection, {
      phaseId: board.phaseId,
      after: request.after,
      limit: request.limit + 1,
      terms: termsOf(board),
      isSnapshot: request.isSnapshot ?? false,
      split: split && {
        columns: columns.map((column) => scoreOrder(board, column)),
        over: combinationOf(board),
      },
      ownerId: shown.onlyOwn ? (shown.userId ?? 0) : null,
      sort: sortOf(board, shown, request),
    });
    const all = found.standings.map((standing) => ({ standing, row: toRow(board, standing, shown) }));
    const primary = columns.find(({ index }) => index === board.primaryIndex);
    const isRanking = split === null && request.sort === undefined && primary !== undefined;
    const ties = tieGroups(
      all.map(({ row }) => row),
      isRanking ? primary.key : '',
      request.after?.tie ?? null,
    );
    const { items, nextCursor } = toPage(
      all.map((one, place) => ({ ...one, tie: ties[place]! })),
      request.limit,
      ({ standing: { orderKey, submittedAtText, submissionId }, tie }): StandingCursor => ({
        orderKey,
        submittedAt: submittedAtText,
        submissionId,
        ...(tie.last && { tie: tie.last }),
      }),
    );
    const { total, version } = found;
    const rows = items.map(({ row, tie }) => ({
      ...row,
      tieGroup: tie.belongs ? (tie.last?.group ?? null) : null,
    }));
    return { total, version, rows, nextCursor };
  }

  return {
    settings: createBoardSettings({
      database,
      gate: competitions.gate,
      boards,
      dispatch,
      jobs,
      live,
      log,
    }),

    rebuild: (phaseId, { anew } = { anew: false }) =>
      (anew ? renewBoard : rebuildBoard)({ database, boards, live }, phaseId),

    async get(actor, { phaseId, split, cursor, limit = 50, ...order }) {
      const reached = await reach(actor, { phaseId, split });
      const after = decodeCursor(cursor, isStandingCursor);
      const { rows, nextCursor, ...summary } = await read(standings, reached, { after, limit, ...order });
      return { ...toView(reached), ...summary, rows, nextCursor };
    },

    async whole(actor, which, use) {
      const reached = await reach(actor, which);
      return database.transaction(async (tx) => {
        await tx.queries.execute(sql`set transaction isolation level repeatable read, read only`);
        const page = (after: StandingCursor | null, limit: number) =>
          read(tx, reached, { after, limit, isSnapshot: true });
        const { total, version } = await page(null, 0);
        return use({ ...toView(reached), total, version }, () => pages((after) => page(after, AT_ONCE)));
      });
    },

    phasesOf: (leaderboardId) => findPhasesOf(standings, leaderboardId),

    async version(actor, phaseId) {
      await reach(actor, { phaseId });
      return findVersion(standings, phaseId);
    },

    async mark(actor, mark) {
      const { id: markedBy } = requireUser(actor);
      const { phaseId, ownerId } = await findEntry(database, mark.submissionId);
      await manage(actor, phaseId);
      await database.transaction(async (tx) => {
        await markEntry(tx, boards, { ...mark, phaseId, ownerId, markedBy });
        tx.afterCommit(() => live.announce([`leaderboard:${phaseId}`]));
      });
      log.info({ ...mark, phaseId, by: markedBy }, 'entry marked');
    },

    async setAnonymous(actor, { phaseId, anonymous }) {
      const { id: by } = requireUser(actor);
      const { leaderboardId } = await manage(actor, phaseId);
      await database.transaction(async (tx) => {
        const phaseIds = await setAnonymous(tx, leaderboardId, anonymous);
        tx.afterCommit(() => {
          for (const id of phaseIds) boards.forget(id);
          live.announce(phaseIds.map((id) => `leaderboard:${id}` as const));
        });
      });
      log.info({ leaderboardId, anonymous, by }, 'names of a board hidden or shown');
    },

    async openSplit(actor, { phaseId, ...opening }) {
      const { id: by } = requireUser(actor);
      const { leaderboardId } = await manage(actor, phaseId);
      await database.transaction(async (tx) => {
        const phaseIds = await openSplit(tx, leaderboardId, opening);
        tx.afterCommit(() => {
          for (const id of phaseIds) boards.forget(id);
          live.announce(phaseIds.map((id) => `leaderboard:${id}` as const));
        });
      });
      log.info({ leaderboardId, ...opening, by }, 'split of a board opened or closed');
    },
  };
}

function toView({ board, splits, shown }: Reach): Omit<BoardView, 'total' | 'version'> {
  const {
    phaseId,
    key,
    title,
    rule,
    taskRule,
    anonymous,
    tasks,
    primaryIndex,
    ladderStep,
    bootstrapSamples,
  } = board;
  const { canManage, split, columns } = shown;
  const ranking = split ? split.columns[0] : primaryIndex;
  return {
    phaseId,
    key,
    title,
    rule,
    ruleSentence: RULES[rule].sentence,
    taskRule,
    hidden: board.hidden,
    anonymous,
    canManage,
    ladderStep,
    bootstrapSamples,
    splits: splits.map(({ columns: _, ...one }) => one),
    split: split?.key ?? null,
    columns: columns.map((column) => ({
      ...toColumnView(column, ranking),
      hidden: column.hidden && !split,
      hasInterval: showsScores(board, shown) && hasInterval(board, column),
    })),
    questions: [...shown.questions],
    tasks: [...tasks],
  };
}

/** By a place of the sort key where the column has one, else by its stored scores. */
function sortOf(
  board: Board,
  { columns, places }: Shown,
  { sort, task, reversed = false }: Pick<BoardRequest, 'sort' | 'task' | 'reversed'>,
): StandingsRequest['sort'] {
  const column = columns.find(({ key }) => key === sort);
  if (!column) return null;
  const inTask = board.tasks.length > 1 ? board.taskIds.find((id) => id === task) : undefined;
  if (isByRank(column) && inTask !== undefined) return null;
  const place = inTask === undefined ? places.get(column.key) : undefined;
  return { by: place ?? scoreOrder(board, column, inTask), reversed };
}

async function* pages(
  read: (after: StandingCursor | null) => Promise<{ rows: BoardRow[]; nextCursor: string | null }>,
): AsyncGenerator<BoardRow> {
  let after: StandingCursor | null = null;
  do {
    const { rows, nextCursor } = await read(after);
    yield* rows;
    after = decodeCursor(nextCursor, isStandingCursor);
  } while (after !== null);
}
