import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Logger } from 'pino';
import { freePort } from './free-port.ts';
import { type Account, postgresAccount } from './postgres/account.ts';
import { type PostgresPrograms, postgresPrograms } from './postgres/programs.ts';
import { reachablePath } from './postgres/reach.ts';

export interface EmbeddedDatabase extends AsyncDisposable {
  readonly url: string;
  /** Rejects when the server ends by itself. */
  readonly failure: Promise<never>;
}

const USER = 'weir';
const STARTS_WITHIN_MS = 60_000;

/**
 * Runs PostgreSQL from its npm package with its data in `directory`, on a free port of the loopback interface. When this process is root the server runs as
 * the `postgres` user, and data that this user could not reach there lie under /var/lib/weir instead. A server left behind by a hub that was
 * killed is stopped first.
 *
 * The address is also written to `../database-url`, readable by the owner alone, for the hub's command line.
 */
export async function startEmbeddedPostgres(directory: string, log: Logger): Promise<EmbeddedDatabase> {
  const account = postgresAccount();
  const programs = await postgresPrograms(account);
  const home = dirname(directory);
  mkdirSync(home, { recursive: true, mode: 0o755 });
  const data = reachablePath(directory, account);
  await stopLeftover(data, log);
  const { password, isNew } = keptPassword(join(home, 'database-password'));
  // Data elsewhere of a home that was thrown away belong to nobody any more.
  const isOrphaned = isNew && data !== directory;
  if (isOrphaned || !existsSync(join(data, 'PG_VERSION')))
    await initialise(programs, data, password, account);
  const port = await freePort();
  const server = await startServer(programs, data, port, account, log);
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/weir`;
  await ensureDatabase(url);
  writeFileSync(join(home, 'database-url'), url, { mode: 0o600 });
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const onDeath = () => failure.reject(new Error('the PostgreSQL server that this hub runs has ended'));
  server.once('exit', onDeath);
  if (hasEnded(server)) onDeath();
  return { url, failure: failure.promise, [Symbol.asyncDispose]: () => stopServer(server) };
}

function keptPassword(file: string): { password: string; isNew: boolean } {
  const isNew = !existsSync(file);
  if (isNew) writeFileSync(file, randomBytes(18).toString('hex'), { mode: 0o600, flush: true });
  return { password: readFileSync(file, 'utf8'), isNew };
}

/** Makes the data beside their place and moves them there when they are whole: a start that is cut short leaves no half of a database. */
async function initialise(
  { initdb }: PostgresPrograms,
  data: string,
  password: string,
  account: Account | null,
): Promise<void> {
  const fresh = `${data}.new`;
  for (const leftover of [data, fresh]) rmSync(leftover, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  const passwordFile = join(dirname(data), `.initdb-${process.pid}`);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) for (const path of [fresh, passwordFile]) chownSync(path, account.uid, account.gid);
  const args = [
    '-D',
    fresh,
    '-U',
    USER,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
    // Upper and lower case of every script, the same on every machine.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  try {
    await promisify(execFile)(initdb, args, { ...account, cwd: '/', env: { LC_ALL: 'C' } });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(fresh, data);
}

async function startServer(
  { postgres }: PostgresPrograms,
  data: string,
  port: number,
  account: Account | null,
  log: Logger,
): Promise<ChildProcess> {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    autovacuum_naptime: '10s',
    jit: 'off',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // A group of its own: Ctrl-C in a terminal must not stop the database before the hub has finished with it.
  const server = spawn(postgres, ['-D', data, ...flags], {
    ...account,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { LC_ALL: 'C' },
  });
  const last: string[] = [];
  const ready = Promise.withResolvers<void>();
  createInterface({ input: server.stderr! }).on('line', (line) => {
    log.debug({ line }, 'postgres');
    last.push(line);
    if (last.length > 20) last.shift();
    if (line.includes('database system is ready to accept connections')) ready.resolve();
  });
  server.once('error', ready.reject);
  server.once('exit', (code) =>
    ready.reject(new Error(`PostgreSQL ended (${code}) instead of starting:\n${last.join('\n')}`)),
  );
  const timeout = setTimeout(
    () => ready.reject(new Error(`PostgreSQL did not start in time:\n${last.join('\n')}`)),
    STARTS_WITHIN_MS,
  );
  await ready.promise.finally(() => clearTimeout(timeout));
  return server;
}

/** SIGINT is PostgreSQL's fast shutdown: it ends the sessions and writes everything. */
async function stopServer(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  server.kill('SIGINT');
  await once(server, 'exit');
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: Object.assign(new URL(url), { pathname: '/postgres' }).href,
  });
  await client.connect();
  const { rowCount } = await client.query(`select from pg_database where datname = 'weir'`);
  if (!rowCount) await client.query('create database weir');
  await client.end();
}

/** postmaster.pid names the server that has the folder open. */
async function stopLeftover(data: string, log: Logger): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n', 1)[0]);
  const commandLine = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
  if (!commandLine.includes(data)) return;
  log.info({ pid }, 'stopping the PostgreSQL server that an earlier hub left behind');
  process.kill(pid, 'SIGINT');
  for (let tries = 0; tries < 400 && existsSync(`/proc/${pid}`); tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
}
