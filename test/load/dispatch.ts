import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../deploy/start/ports.ts';
import { PERMISSIVE } from '../harness/test-node.ts';
import type { Throughput } from './closed-loop.ts';
import { type DispatchFigures, medianPercentiles, spread, summarise } from './figures.ts';
import { Partner, stop } from './partner.ts';
import type {
  HubAnswer,
  HubCommand,
  HubThroughput,
  Latencies,
  ReferenceAnswer,
  ReferenceCommand,
  ReferenceThroughput,
} from './protocol.ts';
import { REFERENCE_NAMES, type ReferenceName } from './references/reference.ts';

const HUB = fileURLToPath(new URL('./dispatch-hub.ts', import.meta.url));
const REFERENCES = fileURLToPath(new URL('./references/main.ts', import.meta.url));
const NODE = fileURLToPath(new URL('../../node/src/cli/main.ts', import.meta.url));

/** What a measurement may take beyond its own time before it counts as hanging. */
const SLACK_MS = 30_000;
const STARTS_WITHIN_MS = 90_000;
/** The references are measured with as many under way. */
const COMPARED_IN_FLIGHT = 8;

/**
 * Real hub and node processes with durable settings (PostgreSQL's synchronous_commit, the node's synced journal). The hub process submits to
 * itself, as the peers of the comparison enqueue from their own process; the node answers at once without containers. One run is: submission
 * accepted (committed), assigned to the node over its stream, outcome on the node's disk, reported, scores and board committed.
 *
 * The references run on the same database server in turn with the hub, since rates of one machine say little about another, and those of
 * one hour little about the next.
 */
export async function benchDispatch({
  quick,
  progress,
}: {
  quick: boolean;
  progress: (line: string) => void;
}): Promise<DispatchFigures> {
  const home = await mkdtemp(join(tmpdir(), 'weir-bench-'));
  // PostgreSQL runs under a user of its own when the hub is root.
  await chmod(home, 0o755);
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(home, { recursive: true, force: true }));
  const broken = new AbortController();

  progress('starting hub and node');
  const hub = new Partner<HubCommand, HubAnswer>('hub', HUB, await hubEnvironment(home), broken);
  let databasePid: number | null = null;
  // A hub that had to be killed leaves its database server behind.
  cleanup.defer(() => {
    if (databasePid !== null) endGroup(databasePid);
  });
  cleanup.use(hub);
  const ready = answerOf(await hub.next('start', STARTS_WITHIN_MS), 'ready');
  databasePid = ready.databasePid;
  const nodeHome = join(home, 'node');
  await enrol(ready.url, ready.token, nodeHome);
  const node = spawn(
    process.execPath,
    [NODE, 'run', '--home', nodeHome, '--executor', 'instant', '--slots', '256', '--log-level', 'warn'],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const nodeEnded = () => broken.abort(new Error('the node process ended'));
  node.once('exit', nodeEnded);
  cleanup.defer(() => {
    node.off('exit', nodeEnded);
    return stop(node, () => node.kill('SIGKILL'));
  });
  const peers = new Partner<ReferenceCommand, ReferenceAnswer>(
    'reference',
    REFERENCES,
    { BENCH_DATABASE_URL: ready.databaseUrl },
    broken,
  );
  cleanup.use(peers);
  answerOf(await peers.next('start', STARTS_WITHIN_MS), 'ready');

  const repetitions = quick ? 1 : 5;
  const seconds = quick ? 2 : 4;
  const withinMs = seconds * 1000 + SLACK_MS;
  const runs = async (inFlight: number, seconds: number): Promise<HubThroughput> => {
    const command = { kind: 'throughput', inFlight, seconds, nodePid: node.pid! } as const;
    return answerOf(await hub.ask(command, withinMs), 'throughput').value;
  };
  const jobs = async (name: ReferenceName, seconds: number): Promise<ReferenceThroughput> => {
    const command = { kind: 'measure', name, inFlight: COMPARED_IN_FLIGHT, seconds } as const;
    return answerOf(await peers.ask(command, withinMs), 'measured').value;
  };

  progress('warming up');
  await runs(8, 3);
  for (const name of REFERENCE_NAMES) await jobs(name, 1);

  const inFlights = [1, COMPARED_IN_FLIGHT, 64];
  const own = new Map<number, HubThroughput[]>(inFlights.map((inFlight) => [inFlight, []]));
  const others = new Map<ReferenceName, ReferenceThroughput[]>(REFERENCE_NAMES.map((name) => [name, []]));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const inFlight of inFlights) own.get(inFlight)!.push(await runs(inFlight, seconds));
    for (const name of REFERENCE_NAMES) others.get(name)!.push(await jobs(name, seconds));
    const rate = ([name, measured]: [string | number, Throughput<never>[]]) =>
      `${name}: ${Math.round(measured.at(-1)!.perSecond)}`;
    progress(`per second, ${[...[...own].map(rate), ...[...others].map(rate)].join(', ')}`);
  }

  const perSecond = 50;
  const samples: Latencies[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const command = { kind: 'latency', perSecond, seconds: quick ? 4 : 8 } as const;
    samples.push(answerOf(await hub.ask(command, command.seconds * 1000 + SLACK_MS), 'latency').value);
  }
  const { memory, ...found } = answerOf(await hub.ask({ kind: 'verify' }, SLACK_MS), 'verified').value;
  if (found.finished < found.submissions)
    throw new Error(`of ${found.submissions} submissions only ${found.finished} finished`);
  const compared = own.get(COMPARED_IN_FLIGHT)!;
  return {
    throughput: [...own].map(([inFlight, measured]) => ({ inFlight, ...summarise(measured) })),
    references: [...others].map(([name, measured]) => ({
      name,
      inFlight: COMPARED_IN_FLIGHT,
      ...summarise(measured),
      ratio: spread(measured.map(({ perSecond }, index) => compared[index]!.perSecond / perSecond)),
    })),
    latency: {
      perSecond,
      toNode: medianPercentiles(samples.map(({ toNode }) => toNode)),
      toResult: medianPercentiles(samples.map(({ toResult }) => toResult)),
    },
    memory: { hub: memory, node: await residentMemory(node.pid!) },
    runs: found,
  };
}

async function hubEnvironment(home: string): Promise<NodeJS.ProcessEnv> {
  return {
    WEIR_HOME: home,
    WEIR_HTTP: '127.0.0.1:0',
    WEIR_GRPC: `127.0.0.1:${await freePort()}`,
    WEIR_LOG_LEVEL: process.env.WEIR_LOG_LEVEL ?? 'warn',
  };
}

function answerOf<Answer extends { readonly kind: string }, Kind extends Answer['kind']>(
  answer: Answer,
  kind: Kind,
): Extract<Answer, { kind: Kind }> {
  if (answer.kind !== kind) throw new Error(`a process answered '${answer.kind}' and not '${kind}'`);
  return answer as Extract<Answer, { kind: Kind }>;
}

async function enrol(url: string, token: string, home: string): Promise<void> {
  const child = spawn(
    process.execPath,
    [NODE, 'enrol', '--hub', url, '--token', token, '--name', 'load-1', '--home', home],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const killing = setTimeout(() => child.kill('SIGKILL'), STARTS_WITHIN_MS);
  const [code] = await once(child, 'exit');
  clearTimeout(killing);
  if (code !== 0) throw new Error('the node could not be enrolled');
  await writeFile(join(home, 'policy.yaml'), PERMISSIVE);
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGQUIT');
  } catch {
    // It has ended in order.
  }
}

async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
