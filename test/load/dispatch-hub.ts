import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningHub, readEnv, startHub, toConfig, toSecrets } from '@weir/hub';
import { users } from '@weir/hub/accounts/schema';
import {
  columns,
  competitions,
  leaderboards,
  phases,
  phaseTasks,
  tasks,
} from '@weir/hub/competitions/schema';
import { runs } from '@weir/hub/dispatch/schema';
import { leaderboardEntries } from '@weir/hub/leaderboards/schema';
import { resources } from '@weir/hub/resources/schema';
import { ensureDefaultQueue } from '@weir/hub/sites/default-queue';
import { submissions } from '@weir/hub/submissions/schema';
import { eq } from 'drizzle-orm';
import pino from 'pino';
import { closedLoop } from './closed-loop.ts';
import { meterDatabase, meterProcess } from './processor-time.ts';
import type { HubAnswer, HubCommand, HubThroughput, Latencies, Verified } from './protocol.ts';

const OWNERS = 128;
const DIGEST = `sha256:${'0'.repeat(64)}`;

/** Milliseconds on the clock that all processes of a machine share. */
const monotonic = () => Number(process.hrtime.bigint()) / 1e6;

interface Seeded {
  readonly phaseId: number;
  readonly taskId: number;
  readonly resourceId: number;
  readonly ownerIds: number[];
}

/** A competition with one phase, one task and a board on which each person's best submission stands. */
async function seed({ context: { database } }: RunningHub): Promise<Seeded> {
  const { queries } = database;
  await ensureDefaultQueue(queries);
  const people = Array.from({ length: OWNERS }, (_, index) => ({
    username: `p${index}`,
    email: `p${index}@example.org`,
  }));
  const ownerIds = (await queries.insert(users).values(people).returning({ id: users.id })).map(
    ({ id }) => id,
  );
  const createdBy = ownerIds[0]!;
  const [competition] = await queries
    .insert(competitions)
    .values({ title: 'Load', createdBy, dockerImage: 'none', published: true })
    .returning();
  const competitionId = competition!.id;
  const [board] = await queries
    .insert(leaderboards)
    .values({ competitionId, title: 'Results', key: 'results', submissionRule: 'Force_Best' })
    .returning();
  await queries.insert(columns).values([
    { leaderboardId: board!.id, index: 0, key: 'score', title: 'Score' },
    { leaderboardId: board!.id, index: 1, key: 'received_ms', title: 'Received' },
  ]);
  const [phase] = await queries
    .insert(phases)
    .values({ competitionId, index: 0, name: 'Main', startsAt: new Date(0), leaderboardId: board!.id })
    .returning();
  const file = {
    name: 'x',
    fileName: 'x.zip',
    createdBy,
    digest: DIGEST,
    size: 1024,
    uploadedAt: new Date(),
  };
  const [program] = await queries
    .insert(resources)
    .values({ ...file, type: 'scoring_program' })
    .returning();
  const [submission] = await queries
    .insert(resources)
    .values({ ...file, type: 'submission' })
    .returning();
  const [task] = await queries
    .insert(tasks)
    .values({ name: 'T', createdBy, scoringProgramId: program!.id })
    .returning();
  await queries.insert(phaseTasks).values({ phaseId: phase!.id, taskId: task!.id, index: 0 });
  return { phaseId: phase!.id, taskId: task!.id, resourceId: submission!.id, ownerIds };
}

/** When it was made and when its result was committed. */
interface Submitted {
  readonly id: number;
  readonly createdAt: number;
  readonly doneAt: number;
}

class Load {
  readonly #hub: RunningHub;
  readonly #seeded: Seeded;
  #next = 0;

  constructor(hub: RunningHub, seeded: Seeded) {
    this.#hub = hub;
    this.#seeded = seeded;
  }

  /** One submission from its acceptance to its committed result. */
  async #submit(): Promise<Submitted> {
    const { dispatch, live } = this.#hub.context;
    const { phaseId, taskId, resourceId, ownerIds } = this.#seeded;
    const ownerId = ownerIds[this.#next++ % ownerIds.length]!;
    const stop = new AbortController();
    const createdAt = monotonic();
    const { submissionId } = await dispatch.admit({
      phaseId,
      ownerId,
      resourceId,
      name: '',
      description: '',
      fileName: 'x.zip',
      factSheetAnswers: null,
      taskIds: [taskId],
      limited: true,
      isSpecificTaskReRun: false,
      start: true,
    });
    // The node's answer cannot come before this turn of the event loop is over, so nothing is missed.
    for await (const _ of live.watch(`submission:${submissionId}`, stop.signal)) break;
    return { id: submissionId, createdAt, doneAt: monotonic() };
  }

  async throughput(load: { inFlight: number; seconds: number; nodePid: number }): Promise<HubThroughput> {
    const meters = {
      hub: meterProcess(process.pid),
      node: meterProcess(load.nodePid),
      database: await meterDatabase(this.#hub.context.database.pool),
    };
    return closedLoop(load, meters, () => this.#submit());
  }

  async latency({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<Latencies> {
    const submitted: Promise<Submitted>[] = [];
    const start = performance.now();
    for (let index = 0; index < perSecond * seconds; index++) {
      const due = start + (index * 1000) / perSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      submitted.push(this.#submit());
    }
    const results = await Promise.all(submitted);
    const rows = await this.#hub.context.database.queries
      .select({ id: runs.submissionId, scores: runs.scores })
      .from(runs);
    const received = new Map(rows.map(({ id, scores }) => [id, scores?.received_ms]));
    return {
      toNode: results.flatMap(({ id, createdAt }) => {
        const at = received.get(id);
        return at === undefined ? [] : [at - createdAt];
      }),
      toResult: results.map(({ createdAt, doneAt }) => doneAt - createdAt),
    };
  }

  /** What the database says in the end: a benchmark that loses work is none. */
  async verify(): Promise<Verified> {
    const { queries } = this.#hub.context.database;
    return {
      submissions: await queries.$count(submissions),
      finished: await queries.$count(submissions, eq(submissions.status, 'Finished')),
      onBoard: await queries.$count(leaderboardEntries),
      memory: process.memoryUsage.rss(),
    };
  }
}

const env = readEnv();
const config = toConfig(env);
const hub = await startHub(config, toSecrets(env, config), {
  log: pino({ level: process.env.WEIR_LOG_LEVEL ?? 'warn' }),
});
const load = new Load(hub, await seed(hub));
await hub.context.sites.createSite({ name: 'load', title: 'Load', servesDefaultQueue: true });
const { token } = await hub.context.sites.createEnrolment('load');
const answer = (said: HubAnswer) => process.send?.(said);

async function carryOut(command: HubCommand): Promise<unknown> {
  switch (command.kind) {
    case 'throughput':
      return answer({ kind: 'throughput', value: await load.throughput(command) });
    case 'latency':
      return answer({ kind: 'latency', value: await load.latency(command) });
    case 'verify':
      return answer({ kind: 'verified', value: await load.verify() });
    case 'stop':
      await hub[Symbol.asyncDispose]();
      return process.exit(0);
    default:
      return command satisfies never;
  }
}

process.on('message', carryOut);
const { database } = hub.context;
answer({ kind: 'ready', url: hub.url, token, databaseUrl: database.url, databasePid: await serverPid() });

async function serverPid(): Promise<number> {
  const { rows } = await database.pool.query<{ data_directory: string }>('show data_directory');
  return Number(readFileSync(join(rows[0]!.data_directory, 'postmaster.pid'), 'utf8').split('\n')[0]);
}
