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
import { processorTimes } from './processor-time.ts';
import type { Command, Measured, Reply, Throughput } from './protocol.ts';

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

function mapValues<Key extends string, From, To>(
  record: Record<Key, From>,
  map: (value: From) => To,
): Record<Key, To> {
  return Object.fromEntries(Object.entries<From>(record).map(([key, value]) => [key, map(value)])) as Record<
    Key,
    To
  >;
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
  async #submit(): Promise<{ id: number; createdAt: number; acceptedAt: number; doneAt: number }> {
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
    const acceptedAt = monotonic();
    // The node's answer cannot come before this turn of the event loop is over, so nothing is missed.
    for await (const _ of live.watch(`submission:${submissionId}`, stop.signal)) break;
    return { id: submissionId, createdAt, acceptedAt, doneAt: monotonic() };
  }

  async throughput(inFlight: number, seconds: number, nodePid: number): Promise<Throughput> {
    const until = performance.now() + seconds * 1000;
    const started = performance.now();
    const { rows } = await this.#hub.context.database.pool.query<{ pid: number }>(
      'select pid from pg_stat_activity',
    );
    const pids = { hub: [process.pid], node: [nodePid], database: rows.map(({ pid }) => pid) };
    const before = mapValues(pids, processorTimes);
    let done = 0;
    const lane = async () => {
      while (performance.now() < until) {
        await this.#submit();
        done++;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
    const after = mapValues(pids, processorTimes);
    return {
      runsPerSecond: done / ((performance.now() - started) / 1000),
      processorMs: {
        hub: (after.hub - before.hub) / done,
        node: (after.node - before.node) / done,
        database: (after.database - before.database) / done,
      },
    };
  }

  async latency(perSecond: number, seconds: number): Promise<{ toNode: number[]; toResult: number[] }> {
    const submitted: ReturnType<Load['submit']>[] = [];
    const start = performance.now();
    for (let index = 0; index < perSecond * seconds; index++) {
      const due = start + (index * 1000) / perSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      submitted.push(this.submit());
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

  submit() {
    return this.#submit();
  }

  /** What the database says in the end: a benchmark that loses work is none. */
  async verify(): Promise<{ submissions: number; finished: number; onBoard: number }> {
    const { queries } = this.#hub.context.database;
    return {
      submissions: await queries.$count(submissions),
      finished: await queries.$count(submissions, eq(submissions.status, 'Finished')),
      onBoard: await queries.$count(leaderboardEntries),
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
const reply = (message: Reply) => process.send?.(message);

process.on('message', async (command: Command) => {
  switch (command.kind) {
    case 'throughput':
      return reply({
        kind: 'measured',
        value: await load.throughput(command.inFlight, command.seconds, command.nodePid),
      });
    case 'latency':
      return reply({
        kind: 'measured',
        value: (await load.latency(command.perSecond, command.seconds)) as Measured,
      });
    case 'verify':
      return reply({
        kind: 'measured',
        value: { ...(await load.verify()), memory: process.memoryUsage.rss() },
      });
    case 'stop':
      await hub[Symbol.asyncDispose]();
      return process.exit(0);
    default:
      return command satisfies never;
  }
});
reply({ kind: 'ready', url: hub.url, token });
