import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../harness/free-port.ts';
import type { Command, Measured, Reply, Throughput } from './protocol.ts';

const HUB = fileURLToPath(new URL('./dispatch-hub.ts', import.meta.url));
const NODE = fileURLToPath(new URL('../../node/src/cli/main.ts', import.meta.url));

export interface DispatchFigures {
  /** Runs per second, by the number in flight: median of the repetitions, and all of them. */
  readonly throughput: {
    inFlight: number;
    median: number;
    repetitions: number[];
    processorMs: Throughput['processorMs'];
  }[];
  /** Milliseconds, at a steady rate. */
  readonly latency: { perSecond: number; toNode: Percentiles; toResult: Percentiles };
  /** Bytes of resident memory after everything. */
  readonly memory: { hub: number; node: number };
  readonly runs: { submissions: number; finished: number; onBoard: number };
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/**
 * Real hub and node processes with durable settings (PostgreSQL's synchronous_commit, the node's synced journal). The hub process submits to
 * itself, as the peers of the comparison enqueue from their own process; the node answers at once without containers. One run is: submission
 * accepted (committed), assigned to the node over its stream, outcome on the node's disk, reported, scores and board committed.
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

  progress('starting hub and node');
  const hub = fork(HUB, {
    env: {
      ...process.env,
      WEIR_HOME: home,
      WEIR_HTTP: '127.0.0.1:0',
      WEIR_GRPC: `127.0.0.1:${await freePort()}`,
      WEIR_LOG_LEVEL: process.env.WEIR_LOG_LEVEL ?? 'warn',
      NODE_ENV: 'production',
    },
  });
  cleanup.defer(() => stopHub(hub));
  const ready = await nextReply(hub);
  if (ready.kind !== 'ready') throw new Error('the hub process did not start');
  const nodeHome = join(home, 'node');
  await enrol(ready.url, ready.token, nodeHome);
  const node = spawn(
    process.execPath,
    [NODE, 'run', '--home', nodeHome, '--executor', 'instant', '--slots', '256', '--log-level', 'warn'],
    { stdio: 'inherit' },
  );
  cleanup.defer(async () => {
    node.kill('SIGKILL');
    await once(node, 'exit');
  });

  const repetitions = quick ? 1 : 5;
  const seconds = quick ? 2 : 4;
  progress('warming up');
  await ask(hub, { kind: 'throughput', inFlight: 8, seconds: 3, nodePid: node.pid! });
  const throughput = [];
  for (const inFlight of [1, 8, 64]) {
    const measured: Throughput[] = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const command = { kind: 'throughput', inFlight, seconds, nodePid: node.pid! } as const;
      measured.push((await ask(hub, command)) as Throughput);
    }
    const rates = measured.map(({ runsPerSecond }) => runsPerSecond);
    progress(`${inFlight} in flight: ${rates.map(Math.round).join(', ')} runs per second`);
    const medianOf = (part: keyof Throughput['processorMs']) =>
      median(measured.map(({ processorMs }) => processorMs[part]));
    const processorMs = { hub: medianOf('hub'), node: medianOf('node'), database: medianOf('database') };
    throughput.push({ inFlight, median: median(rates), repetitions: rates, processorMs });
  }
  const perSecond = 50;
  const samples: { toNode: number[]; toResult: number[] }[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    samples.push(
      (await ask(hub, { kind: 'latency', perSecond, seconds: quick ? 4 : 8 })) as (typeof samples)[number],
    );
  }
  const { memory, ...runs } = (await ask(hub, { kind: 'verify' })) as Extract<Measured, { memory: number }>;
  return {
    throughput,
    latency: {
      perSecond,
      toNode: medianPercentiles(samples.map(({ toNode }) => toNode)),
      toResult: medianPercentiles(samples.map(({ toResult }) => toResult)),
    },
    memory: { hub: memory, node: await residentMemory(node.pid!) },
    runs,
  };
}

async function enrol(url: string, token: string, home: string): Promise<void> {
  const child = spawn(
    process.execPath,
    [NODE, 'enrol', '--hub', url, '--token', token, '--name', 'load-1', '--home', home],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error('the node could not be enrolled');
  await writeFile(
    join(home, 'policy.yaml'),
    'version: 1\nhubs: any\ncompetitions: any\nsubmitters: any\nimages: any\nprograms: any\n',
  );
}

async function ask(hub: ChildProcess, command: Command): Promise<Measured> {
  hub.send(command);
  const reply = await nextReply(hub);
  if (reply.kind !== 'measured') throw new Error('the hub process answered out of turn');
  return reply.value;
}

async function nextReply(hub: ChildProcess): Promise<Reply> {
  const gone = new AbortController();
  const exit = () => gone.abort(new Error('the hub process has ended'));
  hub.once('exit', exit);
  const [reply] = (await once(hub, 'message', { signal: gone.signal })) as [Reply];
  hub.off('exit', exit);
  return reply;
}

async function stopHub(hub: ChildProcess): Promise<void> {
  if (hub.exitCode !== null) return;
  hub.send({ kind: 'stop' } satisfies Command);
  await once(hub, 'exit');
}

async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

function medianPercentiles(samples: number[][]): Percentiles {
  return {
    p50: median(samples.map((values) => percentile(values, 0.5))),
    p99: median(samples.map((values) => percentile(values, 0.99))),
  };
}

function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const median = (values: number[]) => percentile(values, 0.5);
