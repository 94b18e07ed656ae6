import { sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import { type Actor, requireUser } from '../accounts/access.ts';
import { OrganizersOnlyError } from '../competitions/errors.ts';
import type { Competitions } from '../competitions/service.ts';
import type { Database } from '../db/database.ts';
import { decodeCursor } from '../db/page.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { LiveBus } from '../live/bus.ts';
import { type Board, type Boards, findPhasesOf } from './boards.ts';
import { findVersion } from './changes.ts';
import { findEntry, type Mark, markEntry, setAnonymous } from './marks.ts';
import { type BoardOrder, readPage, readRows } from './page.ts';
import { type ReachedBoard, reachBoard } from './reach.ts';
import { rebuildBoard } from './rebuild.ts';
import { renewBoard } from './renew.ts';
import type { BoardRow } from './row.ts';
import { type BoardSettingsDesk, createBoardSettings } from './settings/service.ts';
import { openSplit, type SplitOpening } from './splits.ts';
import { isStandingCursor } from './standings.ts';
import { type BoardView, toView } from './view.ts';

export interface BoardPage extends BoardView {
  readonly rows: BoardRow[];
  readonly nextCursor: string | null;
}

export interface BoardRequest extends BoardOrder {
  readonly phaseId: number;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
  /** Key of a split. */
  readonly split?: string | undefined;
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
  const reach = (actor: Actor, which: Pick<BoardRequest, 'phaseId' | 'split'>): Promise<ReachedBoard> =>
    reachBoard(standings, competitions.gate, actor, which);

  async function manage(actor: Actor, phaseId: number): Promise<Board> {
    const { board, shown } = await reach(actor, { phaseId });
    if (!shown.canManage) throw new OrganizersOnlyError();
    return board;
  }

  /** Once it has changed for all that show it: nothing of it as it was is kept, and whoever looks at it reads it again. */
  function tellOf(phaseIds: readonly number[]): void {
    for (const id of phaseIds) boards.forget(id);
    live.announce(phaseIds.map((id) => `leaderboard:${id}` as const));
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
      const { rows, nextCursor, ...summary } = await readPage(standings, reached, { after, limit, ...order });
      return { ...toView(reached), ...summary, rows, nextCursor };
    },

    async whole(actor, which, use) {
      const reached = await reach(actor, which);
      return database.transaction(async (tx) => {
        await tx.queries.execute(sql`set transaction isolation level repeatable read, read only`);
        const { total, version } = await readPage(tx, reached, { after: null, limit: 0, isSnapshot: true });
        return use({ ...toView(reached), total, version }, () => readRows(tx, reached));
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
        tx.afterCommit(() => tellOf(phaseIds));
      });
      log.info({ leaderboardId, anonymous, by }, 'names of a board hidden or shown');
    },

    async openSplit(actor, { phaseId, ...opening }) {
      const { id: by } = requireUser(actor);
      const { leaderboardId } = await manage(actor, phaseId);
      await database.transaction(async (tx) => {
        const phaseIds = await openSplit(tx, leaderboardId, opening);
        tx.afterCommit(() => tellOf(phaseIds));
      });
      log.info({ leaderboardId, ...opening, by }, 'split of a board opened or closed');
    },
  };
}
