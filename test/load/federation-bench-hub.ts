import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../deploy/start/ports.ts';
import { Person } from '../harness/person.ts';
import type { FederationCommand, FederationReply } from './federation-protocol.ts';

const HUB = fileURLToPath(new URL('./federation-hub.ts', import.meta.url));
const ADMINISTRATOR = { username: 'admin', password: 'the long password of a benchmark' };

type ReplyOf<Kind extends FederationReply['kind']> = Extract<FederationReply, { kind: Kind }>;

/** A hub process with a database of its own, which does what it is told. */
export class BenchHub implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #home: string;
  readonly url: string;

  private constructor(process: ChildProcess, home: string, url: string) {
    this.#process = process;
    this.#home = home;
    this.url = url;
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
        WEIR_ADMIN_USERNAME: ADMINISTRATOR.username,
        WEIR_ADMIN_PASSWORD: ADMINISTRATOR.password,
        WEIR_LOG_LEVEL: process.env.WEIR_LOG_LEVEL ?? 'warn',
        NODE_ENV: 'production',
      },
    });
    const started = new BenchHub(hub, home, `http://${http}`);
    await started.#reply();
    return started;
  }

  administrator(): Promise<Person> {
    return Person.signIn(this.url, ADMINISTRATOR);
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

/** Makes them peers, who may do everything and call as often as they like. */
export async function introduce(one: BenchHub, other: BenchHub): Promise<void> {
  const { code } = await one.tell({ kind: 'invite' }, 'invited');
  await other.tell({ kind: 'accept', code }, 'done');
  await one.tell({ kind: 'confirm' }, 'done');
}
