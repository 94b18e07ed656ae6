import type { Logger } from 'pino';
import { type Actor, requireUser } from '../../accounts/access.ts';
import { checkLeaderboard } from '../../bundles/check-leaderboard.ts';
import type { BundleColumn, BundleLeaderboard } from '../../bundles/model.ts';
import { toColumn, toLeaderboard } from '../../competitions/board-rows.ts';
import type { CompetitionGate } from '../../competitions/gate.ts';
import type { Database, Queries, Write } from '../../db/database.ts';
import type { Dispatch } from '../../dispatch/admission.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { LiveBus } from '../../live/bus.ts';
import type { Boards } from '../boards.ts';
import { noteChange } from '../changes.ts';
import { BoardInUseError, BoardInvalidError, BoardMissingError } from '../errors.ts';
import { boardsFollow } from '../rebuild.ts';
import {
  deleteBoard,
  findStoredBoards,
  hideOutputsOf,
  insertBoard,
  lockBoards,
  setColumns,
  updateBoard,
} from './store.ts';

/** A board as its organizers put it together: what a bundle says of it. */
export interface EditedBoard extends Omit<BundleLeaderboard, 'columns'> {
  /** Null: it is new. */
  readonly id: number | null;
  /** A column keeps its scores by its id; null: it is new, and empty until something is scored again. */
  readonly columns: readonly (BundleColumn & { readonly id: number | null })[];
}

export interface EditableBoard extends EditedBoard {
  readonly id: number;
  readonly phases: { readonly id: number; readonly name: string }[];
}

/** The boards of a competition in the hands of its organizers. */
export interface BoardSettingsDesk {
  /** In their order. @throws OrganizersOnlyError */
  list(actor: Actor, competitionId: number): Promise<EditableBoard[]>;
  /**
   * Held to the rules of bundles. What changes the ranking has the boards of its phases made anew in the background.
   * @throws OrganizersOnlyError | BoardInvalidError with all that is wrong | BoardMissingError
   */
  save(actor: Actor, competitionId: number, board: EditedBoard): Promise<EditableBoard>;
  /** As `save`, to be written with what else is edited. It answers the board's id. */
  prepareSave(actor: Actor, competitionId: number, board: EditedBoard): Promise<Write<number>>;
  /** One that no phase uses. @throws OrganizersOnlyError | BoardInUseError | BoardMissingError */
  remove(actor: Actor, competitionId: number, id: number): Promise<void>;
}

interface Dependencies {
  readonly database: Database;
  readonly gate: Pick<CompetitionGate, 'manage'>;
  readonly boards: Boards;
  readonly dispatch: Pick<Dispatch, 'phaseChanged'>;
  readonly jobs: Pick<Jobs, 'enqueue'>;
  readonly live: LiveBus;
  readonly log: Logger;
}

export function createBoardSettings({
  database,
  gate,
  boards,
  dispatch,
  jobs,
  live,
  log,
}: Dependencies): BoardSettingsDesk {
  const list = async (queries: Queries, competitionId: number): Promise<EditableBoard[]> =>
    (await findStoredBoards(queries, competitionId)).map(({ board, columns, phases }) => ({
      ...toLeaderboard(board, columns),
      id: board.id,
      columns: columns.map((column) => ({ id: column.id, ...toColumn(column) })),
      phases: phases.map(({ id, name }) => ({ id, name })),
    }));

  async function find(queries: Queries, competitionId: number, id: number): Promise<EditableBoard> {
    const board = (await list(queries, competitionId)).find((one) => one.id === id);
    if (!board) throw new BoardMissingError();
    return board;
  }

  const prepareSave: BoardSettingsDesk['prepareSave'] = async (actor, competitionId, edited) => {
    const { id: by } = requireUser(actor);
    await gate.manage(actor, competitionId);
    const checked = check(edited);
    return async (tx) => {
      await lockBoards(tx, competitionId);
      const others = (await list(tx.queries, competitionId)).filter(({ id }) => id !== edited.id);
      if (others.some(({ key }) => key === checked.key))
        throw new BoardInvalidError([`Another board of this competition has the key "${checked.key}".`]);
      const before = edited.id === null ? null : await find(tx.queries, competitionId, edited.id);
      const own = new Set(before?.columns.map(({ id }) => id));
      if (checked.columns.some(({ id }) => id !== null && !own.has(id))) throw new BoardMissingError();
      const id = edited.id ?? (await insertBoard(tx, competitionId, checked));
      await updateBoard(tx, id, checked);
      await setColumns(tx, id, checked.columns);
      if (checked.ladderStep !== null) await hideOutputsOf(tx, id);
      const phaseIds = before?.phases.map((phase) => phase.id) ?? [];
      if (before && rankingOf(before) !== rankingOf({ ...checked, id }))
        await boardsFollow(jobs, tx, phaseIds, { anew: true });
      await noteChange(tx, phaseIds);
      tx.afterCommit(() => {
        for (const phaseId of phaseIds) {
          boards.forget(phaseId);
          dispatch.phaseChanged(phaseId);
        }
        live.announce(phaseIds.map((phaseId) => `leaderboard:${phaseId}` as const));
        log.info({ competitionId, leaderboardId: id, by }, 'board edited');
      });
      return id;
    };
  };

  return {
    async list(actor, competitionId) {
      await gate.manage(actor, competitionId);
      return list(database.queries, competitionId);
    },

    prepareSave,

    async save(actor, competitionId, edited) {
      const saved = await database.transaction(await prepareSave(actor, competitionId, edited));
      return find(database.queries, competitionId, saved);
    },

    async remove(actor, competitionId, id) {
      const { id: by } = requireUser(actor);
      await gate.manage(actor, competitionId);
      await database.transaction(async (tx) => {
        await lockBoards(tx, competitionId);
        const { title, phases } = await find(tx.queries, competitionId, id);
        if (phases.length > 0)
          throw new BoardInUseError(
            title,
            phases.map(({ name }) => name),
          );
        await deleteBoard(tx, id);
      });
      log.info({ competitionId, leaderboardId: id, by }, 'board deleted');
    },
  };
}

/** @throws BoardInvalidError */
function check({ id: _, ...edited }: EditedBoard): Omit<EditedBoard, 'id'> {
  const columns = edited.columns.map(({ id: _, ...column }) => column);
  const checked = checkLeaderboard({ ...edited, columns });
  if ('problems' in checked) {
    throw new BoardInvalidError(
      checked.problems.map(({ where, message, cure }) =>
        [where && `${where}:`, message, cure].filter(Boolean).join(' '),
      ),
    );
  }
  const { board } = checked;
  return {
    ...board,
    columns: board.columns.map((column, place) => ({ ...column, id: edited.columns[place]?.id ?? null })),
  };
}

/** All that decides who stands where, and with which scores. */
function rankingOf(board: EditedBoard): string {
  const { primaryIndex, submissionRule, taskRule, rankingTask, ladderStep, columns } = board;
  const ranking = columns.map(({ id, index, sorting, hidden, computation }) => ({
    id,
    index,
    sorting,
    hidden,
    computation,
  }));
  return JSON.stringify([
    primaryIndex,
    submissionRule,
    taskRule,
    rankingTask,
    ladderStep,
    ranking.toSorted((a, b) => a.index - b.index),
  ]);
}
