import pg from 'pg';
import { closedLoop } from '../closed-loop.ts';
import { meterDatabase, meterProcess } from '../processor-time.ts';
import type { ReferenceAnswer, ReferenceCommand } from '../protocol.ts';
import { graphileWorker } from './graphile-worker.ts';
import { plainCommits } from './plain-commits.ts';
import type { Reference, ReferenceName } from './reference.ts';

const DATABASE = 'reference';

/** A database of its own on the hub's server: the same settings, and no table in common. */
async function openPool(): Promise<pg.Pool> {
  const url = new URL(process.env.BENCH_DATABASE_URL ?? '');
  const hub = new pg.Client({ connectionString: url.href });
  await hub.connect();
  await hub.query(`create database ${DATABASE}`);
  await hub.end();
  url.pathname = DATABASE;
  const pool = new pg.Pool({ connectionString: url.href, max: 24 });
  // A connection that is lost fails what is measured, which says so; graphile-worker wants to see that somebody listens.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

function open(name: ReferenceName, inFlight: number): Promise<Reference> {
  switch (name) {
    case 'graphileWorker':
      return graphileWorker(pool, { inFlight, coalesced: false });
    case 'graphileWorkerCoalesced':
      return graphileWorker(pool, { inFlight, coalesced: true });
    case 'plainCommits':
      return plainCommits(pool);
    default:
      return name satisfies never;
  }
}

async function measure({ name, ...load }: Extract<ReferenceCommand, { kind: 'measure' }>) {
  await using reference = await open(name, load.inFlight);
  // Connections are made and statements are planned before the clock runs.
  await Promise.all(Array.from({ length: load.inFlight }, (_, lane) => reference.one(lane)));
  await reference.settle();
  const meters = { client: meterProcess(process.pid), database: await meterDatabase(pool) };
  // Awaited here: what is measured must not be disposed of before it is.
  return await closedLoop(load, meters, reference.one, reference.settle);
}

const pool = await openPool();
const answer = (said: ReferenceAnswer) => process.send?.(said);
process.on('message', async (command: ReferenceCommand) => {
  if (command.kind === 'stop') process.exit(0);
  answer({ kind: 'measured', value: await measure(command) });
});
answer({ kind: 'ready' });
