import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyIdOf } from '@weir/proto/receipt';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../db/database.ts';
import { MIGRATIONS, migrate } from '../db/migrate.ts';
import { createEmptyDatabase } from '../db/testing/test-database.ts';
import { seal } from '../sites/sealed.ts';
import { findBrokenLink } from './chain.ts';
import { rawPublicKey } from './ed25519.ts';
import { KeyRing } from './ring.ts';

/** The last version in which a hub's keys signed receipts alone, and were not linked. */
const BEFORE = 10;
const sealingKey = Buffer.alloc(32, 7);

let database: Database;
beforeAll(async () => {
  database = await createEmptyDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'weir-migrations-'));
  await cp(MIGRATIONS, folder, { recursive: true });
  const file = join(folder, 'meta', '_journal.json');
  const journal = JSON.parse(await readFile(file, 'utf8')) as { entries: { tag: string }[] };
  const entries = journal.entries.slice(0, BEFORE);
  expect(entries.at(-1)?.tag).toBe('0009_task-versions');
  await writeFile(file, JSON.stringify({ ...journal, entries }));
  await applyMigrations(drizzle(database.pool), { migrationsFolder: folder });
  await rm(folder, { recursive: true });
});
afterAll(() => database[Symbol.asyncDispose]());

/** As that version wrote it. */
async function insertReceiptKey(createdAt: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = rawPublicKey(publicKey);
  const purpose = `receipts:${keyIdOf(raw)}`;
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await database.pool.query(
    'insert into hub_keys (purpose, certificate, sealed_private_key, created_at) values ($1, $2, $3, $4)',
    [purpose, raw.toString('base64'), seal(sealingKey, purpose, pem), createdAt],
  );
  return keyIdOf(raw);
}

test('keys that signed receipts become the chain of the hub, in their order, and stay published', async () => {
  await database.pool.query(
    `insert into hub_keys (purpose, certificate, sealed_private_key) values ('authority', 'PEM', 'sealed')`,
  );
  const newest = await insertReceiptKey('2026-03-01T00:00:00.000900Z');
  const oldest = await insertReceiptKey('2026-01-01T00:00:00.000100Z');
  const middle = await insertReceiptKey('2026-02-01T00:00:00Z');
  await migrate(database.url);

  const ring = await KeyRing.load(database, sealingKey, 'north');
  expect(ring.chain.map(({ id }) => id)).toEqual([oldest, middle, newest]);
  expect(findBrokenLink(ring.chain)).toBeNull();
  expect(ring.chain.map(({ until }) => until)).toEqual([
    '2026-02-01T00:00:00.000Z',
    '2026-03-01T00:00:00.000Z',
    null,
  ]);
  expect(ring.published.map(({ id }) => id)).toEqual([newest, middle, oldest]);
  expect(ring.signing.id).toBe(newest);
  expect(ring.rootId).toBe(oldest);
  const { rows } = await database.pool.query('select purpose from hub_keys');
  expect(rows).toEqual([{ purpose: 'authority' }]);

  const again = await KeyRing.load(database, sealingKey, 'north');
  expect(again.chain).toEqual(ring.chain);
});
