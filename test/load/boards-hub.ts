import { type RunningHub, readEnv, startHub, toConfig, toSecrets } from '@weir/hub';
import { users } from '@weir/hub/accounts/schema';
import type { BoardSplit } from '@weir/hub/bundles/model';
import {
  columns,
  competitions,
  leaderboards,
  phases,
  phaseTasks,
  tasks,
} from '@weir/hub/competitions/schema';
import { boardEffects } from '@weir/hub/leaderboards/scoring';
import { resources } from '@weir/hub/resources/schema';
import { sql } from 'drizzle-orm';
import pino from 'pino';
import type { BoardName, BoardsCommand, BoardsReply } from './boards-protocol.ts';

const COLUMNS = ['accuracy', 'recall', 'precision', 'calibration', 'seconds'] as const;
/** In a table of its own. */
const PRIVATE = 'seconds';
const SPLIT: BoardSplit = {
  key: 'private',
  title: 'Private',
  columns: [COLUMNS.indexOf(PRIVATE)],
  visibility: 'everybody',
  visibleFrom: null,
};
const BATCH = 1_000;

const BOARDS = {
  best: { submissionRule: 'Force_Best' },
  every: { submissionRule: 'Force_Latest_Multiple' },
  ranks: { submissionRule: 'Force_Best' },
} as const;

/** Whoever scores: numbers that look like scores and are the same each time. */
function scoresOf(submission: number): Record<string, number> {
  return Object.fromEntries(
    COLUMNS.map((key, index) => [
      key,
      ((submission * 2_654_435_761 + index * 40_503) % 1_000_003) / 1_000_003,
    ]),
  );
}

class BoardsLoad {
  readonly #hub: RunningHub;
  readonly #submissions: number;
  readonly #participants: number;

  constructor(hub: RunningHub, size: { submissions: number; participants: number }) {
    this.#hub = hub;
    this.#submissions = size.submissions;
    this.#participants = size.participants;
  }

  /** A phase for each kind of board, each with all the submissions, scored as nodes would have them scored. */
  async seed(): Promise<Record<BoardName, number>> {
    const { queries } = this.#hub.context.database;
    await queries.execute(sql`
      insert into users (username, email) select 'p' || i, 'p' || i || '@example.org' from generate_series(1, ${this.#participants}::int) i`);
    const [creator] = await queries.select({ id: users.id }).from(users).limit(1);
    const createdBy = creator!.id;
    const [competition] = await queries
      .insert(competitions)
      .values({ title: 'Load', createdBy, dockerImage: 'none', published: true })
      .returning();
    const file = { name: 'x', fileName: 'x.zip', type: 'submission', createdBy } as const;
    const [resource] = await queries.insert(resources).values(file).returning();
    const [task] = await queries.insert(tasks).values({ name: 'T', createdBy }).returning();
    const phaseIds: [string, number][] = [];
    for (const [name, { submissionRule }] of Object.entries(BOARDS)) {
      const competitionId = competition!.id;
      const phaseId = await this.#board(name, { competitionId, submissionRule });
      await queries.insert(phaseTasks).values({ phaseId, taskId: task!.id, index: 0 });
      await this.#score(phaseId, await this.#enter(phaseId, task!.id, resource!.id));
      phaseIds.push([name, phaseId]);
    }
    await queries.execute(sql`vacuum analyze`);
    return Object.fromEntries(phaseIds) as Record<BoardName, number>;
  }

  async #board(
    name: string,
    {
      competitionId,
      submissionRule,
    }: { competitionId: number; submissionRule: 'Force_Best' | 'Force_Latest_Multiple' },
  ): Promise<number> {
    const { queries } = this.#hub.context.database;
    const byRank = name === 'ranks';
    const [board] = await queries
      .insert(leaderboards)
      .values({
        competitionId,
        title: name,
        key: name,
        submissionRule,
        primaryIndex: byRank ? 5 : 0,
        splits: [SPLIT],
      })
      .returning();
    const leaderboardId = board!.id;
    await queries.insert(columns).values(
      COLUMNS.map((key, index) => ({
        leaderboardId,
        index,
        key,
        title: key,
        precision: 4,
        hidden: key === PRIVATE,
      })),
    );
    if (byRank) {
      const made = {
        key: 'rank',
        title: 'Rank',
        computation: 'avg_rank' as const,
        computationIndexes: [0, 1, 2, 3, 4],
      };
      await queries.insert(columns).values({ leaderboardId, index: 5, ...made });
    }
    const [phase] = await queries
      .insert(phases)
      .values({ competitionId, index: 0, name, startsAt: new Date(0), leaderboardId })
      .returning();
    return phase!.id;
  }

  /** Submissions and their runs as they are once they have ended, but for the scores. */
  async #enter(phaseId: number, taskId: number, resourceId: number): Promise<number[]> {
    const { rows } = await this.#hub.context.database.pool.query<{ id: string }>(
      `insert into submissions (phase_id, owner_id, task_id, resource_id, status, created_at, finished_at)
       select $1, 1 + i % $2::int, $3, $4, 'Finished', now() - i * interval '1 second', now() from generate_series(1, $5::int) i returning id`,
      [phaseId, this.#participants, taskId, resourceId, this.#submissions],
    );
    const ids = rows.map(({ id }) => Number(id));
    await this.#hub.context.database.pool.query(
      `insert into runs (submission_id, state, attempt, finished_at) select id, 'finished', 1, now() from unnest($1::bigint[]) id`,
      [ids],
    );
    return ids;
  }

  async #score(phaseId: number, ids: readonly number[]): Promise<void> {
    const { database, boards } = this.#hub.context;
    for (let from = 0; from < ids.length; from += BATCH) {
      const leaves = ids
        .slice(from, from + BATCH)
        .map((submissionId) => ({ submissionId, phaseId, parentId: null, values: scoresOf(submissionId) }));
      await database.transaction((tx) => boardEffects(tx, boards, leaves));
    }
  }

  /** Scores arrive one after the other, each in a commit of its own, until it is stopped. */
  async arrive(phaseId: number, perSecond: number, signal: AbortSignal): Promise<void> {
    const { database, boards, live } = this.#hub.context;
    const { rows } = await database.pool.query<{ id: string }>(
      'select id from submissions where phase_id = $1 order by id limit 10000',
      [phaseId],
    );
    for (let index = 0; !signal.aborted; index++) {
      const submissionId = Number(rows[index % rows.length]!.id);
      const leaf = { submissionId, phaseId, parentId: null, values: scoresOf(submissionId + index) };
      live.announce(await database.transaction((tx) => boardEffects(tx, boards, [leaf])));
      await new Promise((resolve) => setTimeout(resolve, 1_000 / perSecond));
    }
  }
}

const [submissions, participants] = process.argv.slice(2).map(Number);
const env = readEnv();
const config = toConfig(env);
const hub = await startHub(config, toSecrets(env, config), {
  log: pino({ level: process.env.WEIR_LOG_LEVEL ?? 'warn' }),
});
const load = new BoardsLoad(hub, { submissions: submissions!, participants: participants! });
const phaseIds = await load.seed();
const reply = (message: BoardsReply) => process.send?.(message);
let arriving = new AbortController();

process.on('message', async (command: BoardsCommand) => {
  switch (command.kind) {
    case 'arrive':
      void load.arrive(phaseIds[command.board], command.perSecond, arriving.signal);
      return reply({ kind: 'done' });
    case 'rest':
      arriving.abort();
      arriving = new AbortController();
      return reply({ kind: 'done' });
    case 'stop':
      await hub[Symbol.asyncDispose]();
      return process.exit(0);
    default:
      return command satisfies never;
  }
});
reply({ kind: 'ready', url: hub.url, phaseIds });
