import { chmod, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '@weir/hub/db/database';
import { createTestDatabase } from '@weir/hub/db/testing/test-database';
import pino from 'pino';
import { freePort } from '../../deploy/start/ports.ts';
import { Person } from './person.ts';
import { TestProcess } from './test-process.ts';
import { waitFor } from './wait-for.ts';

const MAIN = fileURLToPath(new URL('../../hub/src/main.ts', import.meta.url));

export const LEASE_MS = 2_000;

export interface TestHubOptions {
  /** Folder in which it makes its home. */
  readonly folder: string;
  /** `shared`: a database of its own on the server of all tests. `embedded`: it runs PostgreSQL itself, as `npm start` does. */
  readonly database?: 'shared' | 'embedded';
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where it answers, for tests that have to know before it starts; a free port by default. */
  readonly httpPort?: number;
  /** Its log, for tests with several hubs. */
  readonly log?: string;
}

const ADMINISTRATOR = { username: 'admin', password: 'a long password of the administrator' };

/** A real hub: the process `hub/src/main.ts` on ports of its own. */
export class TestHub implements AsyncDisposable {
  readonly url: string;
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly process: TestProcess;
  /** Its WEIR_HOME. */
  readonly home: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #databaseUrl: string | null;
  readonly #disposal: AsyncDisposableStack;

  private constructor(parts: {
    home: string;
    httpPort: number;
    grpcPort: number;
    process: TestProcess;
    env: Readonly<Record<string, string | undefined>>;
    databaseUrl: string | null;
    disposal: AsyncDisposableStack;
  }) {
    this.url = `http://127.0.0.1:${parts.httpPort}`;
    this.httpPort = parts.httpPort;
    this.grpcPort = parts.grpcPort;
    this.process = parts.process;
    this.home = parts.home;
    this.#env = parts.env;
    this.#databaseUrl = parts.databaseUrl;
    this.#disposal = parts.disposal;
  }

  static async start({
    folder,
    database = 'shared',
    env = {},
    log = 'hub.log',
    ...options
  }: TestHubOptions): Promise<TestHub> {
    await using disposal = new AsyncDisposableStack();
    const home = await mkdtemp(join(folder, 'hub-'));
    // PostgreSQL runs under a user of its own when the hub is root.
    await chmod(home, 0o755);
    const shared = database === 'shared' ? disposal.use(await createTestDatabase()) : null;
    const [httpPort, grpcPort] = [options.httpPort ?? (await freePort()), await freePort()];
    const hubEnv = {
      WEIR_HOME: home,
      WEIR_HTTP: `127.0.0.1:${httpPort}`,
      WEIR_GRPC: `127.0.0.1:${grpcPort}`,
      WEIR_LEASE_MS: String(LEASE_MS),
      WEIR_ADMIN_USERNAME: ADMINISTRATOR.username,
      WEIR_ADMIN_PASSWORD: ADMINISTRATOR.password,
      NODE_ENV: 'production',
      DATABASE_URL: shared?.url,
      ...env,
    };
    const process = new TestProcess({
      title: 'the hub',
      script: MAIN,
      env: hubEnv,
      log: join(folder, log),
    });
    disposal.defer(async () => {
      if (process.isRunning) await process.stop();
    });
    process.start();
    const databaseUrl = shared?.url ?? null;
    const hub = new TestHub({
      home,
      httpPort,
      grpcPort,
      process,
      env: hubEnv,
      databaseUrl,
      disposal: disposal.move(),
    });
    try {
      await hub.ready();
    } catch (error) {
      await hub[Symbol.asyncDispose]();
      throw error;
    }
    return hub;
  }

  async ready(): Promise<void> {
    const look = async () => {
      // Leave no doubt why it does not answer.
      if (!this.process.isRunning) return this.process.lastWords();
      return (await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(5_000) })).status;
    };
    await waitFor('the hub to be ready', look, (answer) => answer === 200 || typeof answer === 'string', {
      within: 60_000,
    });
    this.process.assertRunning();
  }

  /** Starts it again on the same ports, home and database. */
  async restart(): Promise<void> {
    this.process.start();
    await this.ready();
  }

  /** Starts another process on its home and database, and does not wait for it: the two are one hub. */
  async startAnother(): Promise<void> {
    const process = new TestProcess({
      title: 'another process of the hub',
      script: MAIN,
      env: {
        ...this.#env,
        WEIR_HTTP: `127.0.0.1:${await freePort()}`,
        WEIR_GRPC: `127.0.0.1:${await freePort()}`,
      },
      log: join(this.home, 'another-process.log'),
    });
    this.#disposal.defer(async () => {
      if (process.isRunning) await process.stop();
    });
    process.start();
  }

  /** Copies its database as it is, as a backup would; it must not run. @returns takes the hub back to it, while it does not run */
  async backUp(): Promise<() => Promise<void>> {
    if (this.#databaseUrl === null) throw new Error('only hubs on the shared server are backed up here');
    const url = new URL(this.#databaseUrl);
    const name = url.pathname.slice(1);
    const server = Object.assign(new URL(url), { pathname: 'postgres' }).href;
    const run = async (...statements: string[]) => {
      await using database = openDatabase(server, pino({ level: 'silent' }), { connections: 1 });
      for (const statement of statements) await database.pool.query(statement);
    };
    const copy = `create database ${name}_backup template ${name}`;
    // Connections of a process that was killed may last a moment longer.
    await waitFor(
      'the database to be copied',
      () => run(copy).then(() => true),
      (isCopied) => isCopied,
      { every: 500 },
    );
    return () => run(`drop database ${name} with (force)`, `alter database ${name}_backup rename to ${name}`);
  }

  administrator(): Promise<Person> {
    return Person.signIn(this.url, ADMINISTRATOR);
  }

  /** Rows of its database, for what is not to be seen from outside: that nothing is there twice. */
  async query<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    const url = this.#databaseUrl ?? (await readFile(join(this.home, 'hub', 'database-url'), 'utf8'));
    await using database = openDatabase(url, pino({ level: 'silent' }), { connections: 1 });
    return (await database.pool.query(text, values)).rows;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposal.disposeAsync();
  }
}
