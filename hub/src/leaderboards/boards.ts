import type { BoardSplit } from '../bundles/model.ts';
import type { Database } from '../db/database.ts';
import type { Ranked } from './placement.ts';
import type { RankingColumn } from './ranking.ts';
import type { SubmissionRule } from './rules.ts';

/** A phase's leaderboard as organizers defined it. */
export interface Board extends Ranked {
  readonly phaseId: number;
  readonly leaderboardId: number;
  readonly key: string;
  readonly title: string;
  /** Only organizers see it. */
  readonly hidden: boolean;
  /** Names are for organizers and the entries' owners. */
  readonly anonymous: boolean;
  readonly rule: SubmissionRule;
  /** Tables beside it, of hidden columns. */
  readonly splits: readonly BoardSplit[];
  /** How often tasks are drawn for the intervals of means and sums over tasks; null: never. */
  readonly bootstrapSamples: number | null;
  /** Of the phase, in its order. */
  readonly tasks: readonly { readonly id: number; readonly name: string }[];
  /** By index. */
  readonly columns: readonly BoardColumn[];
}

export interface BoardColumn extends RankingColumn {
  readonly key: string;
  readonly title: string;
  readonly precision: number;
  /** Heading that neighbouring columns share. */
  readonly groupTitle: string | null;
  /** Indexes of the columns with the bounds of its interval, as the scoring program makes them. */
  readonly lowIndex: number | null;
  readonly highIndex: number | null;
  /** For people; may be empty. */
  readonly unit: string;
  /** The declared range of its scores; null where it is open. */
  readonly min: number | null;
  readonly max: number | null;
}

/** What runs hot statements: the database, or a transaction. */
export type Connection = Pick<Database, 'prepared'>;

const FIND_BOARDS = {
  name: 'boards-find',
  text: `
  select p.id as "phaseId", l.id as "leaderboardId", l.key, l.title, l.hidden, l.anonymous, l.submission_rule as rule, l.primary_index as "primaryIndex",
    l.task_rule as "taskRule", l.ranking_task as "rankingTask", l.splits, l.ladder_step as "ladderStep", l.bootstrap_samples as "bootstrapSamples",
    array(select task_id from phase_tasks where phase_id = p.id order by index, task_id) as "taskIds",
    (select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name) order by pt.index, t.id), '[]')
      from phase_tasks pt join tasks t on t.id = pt.task_id where pt.phase_id = p.id) as tasks,
    coalesce(jsonb_agg(jsonb_build_object(
      'id', c.id, 'index', c.index, 'key', c.key, 'title', c.title, 'sorting', c.sorting, 'precision', c.precision, 'unit', c.unit, 'groupTitle', c.group_title, 'lowIndex', c.low_index, 'highIndex', c.high_index, 'min', c.score_min, 'max', c.score_max,
      'hidden', c.hidden, 'computation', c.computation, 'computationIndexes', c.computation_indexes, 'computationWeights', c.computation_weights
    ) order by c.index) filter (where c.id is not null), '[]') as columns
  from phases p
  join leaderboards l on l.id = p.leaderboard_id
  left join leaderboard_columns c on c.leaderboard_id = l.id
  where p.id = any($1::int[])
  group by p.id, l.id`,
};

const FIND_PHASES = {
  name: 'boards-phases',
  text: 'select id from phases where leaderboard_id = $1 order by index',
};

/** Ids of the phases that use a board, in their order. */
export async function findPhasesOf(connection: Connection, leaderboardId: number): Promise<number[]> {
  const rows = await connection.prepared<{ id: number }>(FIND_PHASES, [leaderboardId]);
  return rows.map(({ id }) => id);
}

export function findBoards(connection: Connection, phaseIds: readonly number[]): Promise<Board[]> {
  return connection.prepared<Board & { phaseId: number }>(FIND_BOARDS, [phaseIds]);
}

/** An edit made through another hub process is seen after this time at the latest. */
const KEPT_MS = 5_000;

/** Remembers boards, so that recording scores does not read their definition each time. */
export class Boards {
  readonly #kept = new Map<number, { board: Board; until: number }>();

  /** Boards of the phases, by phase id; phases that do not exist are left out. */
  async get(connection: Connection, phaseIds: Iterable<number>): Promise<Map<number, Board>> {
    const now = performance.now();
    const found = new Map<number, Board>();
    const missing = new Set<number>();
    for (const phaseId of phaseIds) {
      const kept = this.#kept.get(phaseId);
      if (kept && kept.until > now) found.set(phaseId, kept.board);
      else missing.add(phaseId);
    }
    if (missing.size > 0) {
      for (const board of await findBoards(connection, [...missing])) {
        this.#kept.set(board.phaseId, { board, until: now + KEPT_MS });
        found.set(board.phaseId, board);
      }
    }
    return found;
  }

  forget(phaseId: number): void {
    this.#kept.delete(phaseId);
  }
}
