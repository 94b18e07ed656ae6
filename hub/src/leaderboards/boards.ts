import type { Database } from '../db/database.ts';
import type { RankingColumn } from './ranking.ts';
import type { SubmissionRule } from './rules.ts';

/** A phase's leaderboard as organizers defined it. */
export interface Board {
  readonly phaseId: number;
  readonly title: string;
  /** Only organizers see it. */
  readonly hidden: boolean;
  readonly rule: SubmissionRule;
  readonly primaryIndex: number;
  /** By index. */
  readonly columns: readonly BoardColumn[];
}

export interface BoardColumn extends RankingColumn {
  readonly key: string;
  readonly title: string;
  readonly precision: number;
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
  select p.id as "phaseId", l.title, l.hidden, l.submission_rule as rule, l.primary_index as "primaryIndex",
    coalesce(jsonb_agg(jsonb_build_object(
      'id', c.id, 'index', c.index, 'key', c.key, 'title', c.title, 'sorting', c.sorting, 'precision', c.precision, 'unit', c.unit, 'min', c.score_min, 'max', c.score_max,
      'hidden', c.hidden, 'computation', c.computation, 'computationIndexes', c.computation_indexes
    ) order by c.index) filter (where c.id is not null), '[]') as columns
  from phases p
  join leaderboards l on l.id = p.leaderboard_id
  left join leaderboard_columns c on c.leaderboard_id = l.id
  where p.id = any($1::int[])
  group by p.id, l.id`,
};

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
