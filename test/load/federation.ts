import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../harness/free-port.ts';
import type { FederationCommand, FederationReply, HubMemory, Spread } from './federation-protocol.ts';

const HUB = fileURLToPath(new URL('./federation-hub.ts', import.meta.url));

export interface FederationFigures {
  readonly competitions: number;
  readonly publishing: { readonly seconds: number; readonly memory: HubMemory };
  /** From an empty copy to the whole catalogue, each page signed, read over HTTP, verified and committed. */
  readonly replication: { readonly seconds: number; readonly memory: HubMemory };
  /** Again, when nothing has changed. */
  readonly again: { readonly seconds: number };
  readonly lists: readonly { readonly page: string; readonly milliseconds: Spread }[];
  readonly calls: readonly {
    readonly inFlight: number;
    readonly perSecond: number;
    readonly milliseconds: Spread;
  }[];
}

/** Two hub processes, each with a database of its own, that are peers: the catalogue of one is copied by the other, and the other calls it. */
export async function benchFederation({
  quick,
  progress,
}: {
  quick: boolean;
  progress: (line: string) => void;
}): Promise<FederationFigures> {
  const competitions = quick ? 2_000 : 50_000;
  await using cleanup = new AsyncDisposableStack();
  progress('starting two hubs');
  const north = cleanup.use(await BenchHub.start('north'));
  const south = cleanup.use(await BenchHub.start('south'));
  const { code } = await north.tell({ kind: 'invite' }, 'invited');
  await south.tell({ kind: 'accept', code }, 'done');
  await north.tell({ kind: 'confirm' }, 'done');

  progress(`making and publishing ${competitions} competitions`);
  await north.tell({ kind: 'seed', competitions }, 'done');
  const publishing = await north.tell({ kind: 'publish' }, 'done');
  progress(`published in ${publishing.seconds.toFixed(1)} s`);
  const replication = await south.tell({ kind: 'replicate' }, 'done');
  if (replication.count !== competitions)
    throw new Error(`${replication.count} of ${competitions} competitions were copied`);
  progress(`copied in ${replication.seconds.toFixed(1)} s`);
  const again = await south.tell({ kind: 'replicate' }, 'done');

  const requests = quick ? 20 : 100;
  const lists: FederationFigures['lists'][number][] = [];
  for (const [page, search] of [
    ['first page', undefined],
    ['search for a word', 'retina'],
  ] as const) {
    const command = { kind: 'list', requests, ...(search !== undefined && { search }) } as const;
    lists.push({ page, milliseconds: (await south.tell(command, 'timed')).milliseconds });
  }
  const calls: FederationFigures['calls'][number][] = [];
  for (const inFlight of [1, 8, 64]) {
    await south.tell({ kind: 'call', inFlight, seconds: 1 }, 'timed');
    const seconds = quick ? 2 : 10;
    const { perSecond, milliseconds } = await south.tell({ kind: 'call', inFlight, seconds }, 'timed');
    calls.push({ inFlight, perSecond, milliseconds });
    progress(`${inFlight} calls in flight: ${Math.round(perSecond)} per second`);
  }
  return {
    competitions,
    publishing: { seconds: publishing.seconds, memory: publishing.memory },
    replication: { seconds: replication.seconds, memory: replication.memory },
    again: { seconds: again.seconds },
    lists,
    calls,
  };
}

type ReplyOf<Kind extends FederationReply['kind']> = Extract<FederationReply, { kind: Kind }>;

class BenchHub implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #home: string;

  private constructor(process: ChildProcess, home: string) {
    this.#process = process;
    this.#home = home;
  }

  static async start(name: string): Promise<BenchHub> {
    const home = await mkdtemp(join(tmpdir(), `weir-bench-${name}-`));
    // PostgreSQL runs under a user of its own when the hub is root.
    await chmod(home, 0o755);
    const http = `127.0.0.1:${await freePort()}`;
    const hub = fork(HUB, [], {
      // What is printed are the figures.
      stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
      env: {
        ...process.env,
        WEIR_HOME: home,
        WEIR_HUB_NAME: name,
        WEIR_HTTP: http,
        WEIR_PUBLIC_URL: `http://${http}`,
        WEIR_GRPC: `127.0.0.1:${await freePort()}`,
        WEIR_ADMIN_USERNAME: 'admin',
        WEIR_ADMIN_PASSWORD: 'the long password of a benchmark',
        WEIR_LOG_LEVEL: process.env.WEIR_LOG_LEVEL ?? 'warn',
        NODE_ENV: 'production',
      },
    });
    const started = new BenchHub(hub, home);
    await started.#reply();
    return started;
  }

  async tell<Kind extends FederationReply['kind']>(
    command: FederationCommand,
    expected: Kind,
  ): Promise<ReplyOf<Kind>> {
    this.#process.send(command);
    const reply = await this.#reply();
    if (reply.kind === 'failed') throw new Error(`${command.kind}: ${reply.message}`);
    if (reply.kind !== expected) throw new Error(`${command.kind} was answered with ${reply.kind}`);
    return reply as ReplyOf<Kind>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.send({ kind: 'stop' } satisfies FederationCommand);
      await once(this.#process, 'exit');
    }
    await rm(this.#home, { recursive: true, force: true });
  }

  async #reply(): Promise<FederationReply> {
    const gone = new AbortController();
    const exit = () => gone.abort(new Error('a hub process has ended'));
    this.#process.once('exit', exit);
    const [reply] = (await once(this.#process, 'message', { signal: gone.signal })) as [FederationReply];
    this.#process.off('exit', exit);
    return reply;
  }
}

export function federationToMarkdown(figures: FederationFigures): string {
  const { competitions, publishing, replication, again, lists, calls } = figures;
  const mebibytes = (bytes: number) => String(Math.round(bytes / 2 ** 20));
  const spread = ({ p50, p99 }: Spread) => `${p50.toFixed(1)} | ${p99.toFixed(1)}`;
  return [
    `| ${competitions} competitions | seconds | MiB of the hub afterwards | MiB at most |`,
    '| --- | --- | --- | --- |',
    ...Object.entries({ published: publishing, 'copied by a peer': replication }).map(
      ([what, { seconds, memory }]) =>
        `| ${what} | ${seconds.toFixed(1)} | ${mebibytes(memory.now)} | ${mebibytes(memory.highest)} |`,
    ),
    `| asked for again, nothing new | ${again.seconds.toFixed(3)} | | |`,
    '',
    '| listing at the peer | p50 ms | p99 ms |',
    '| --- | --- | --- |',
    ...lists.map(({ page, milliseconds }) => `| ${page} | ${spread(milliseconds)} |`),
    '',
    '| calls in flight | calls between hubs per second | p50 ms | p99 ms |',
    '| --- | --- | --- | --- |',
    ...calls.map(
      ({ inFlight, perSecond, milliseconds }) =>
        `| ${inFlight} | ${Math.round(perSecond)} | ${spread(milliseconds)} |`,
    ),
  ].join('\n');
}
