import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../db/database.ts';
import { createTestDatabase } from '../db/testing/test-database.ts';
import { type ChainKey, compareChains, findBrokenLink } from './chain.ts';
import { KeyMissingError, NewestKeyError } from './errors.ts';
import { KeyRing } from './ring.ts';

const sealingKey = Buffer.alloc(32, 1);

let database: Database;
let ring: KeyRing;
beforeAll(async () => {
  database = await createTestDatabase();
  ring = await KeyRing.load(database, sealingKey, 'test');
});
afterAll(() => database[Symbol.asyncDispose]());

test('a key is replaced by adding one that it signs: the newest signs, all stay published', async () => {
  const [before] = ring.chain;
  const added = await ring.rotate();
  expect(ring.signing.id).toBe(added);
  expect(ring.published.map(({ id }) => id)).toEqual([added, before?.id]);
  expect(ring.rootId).toBe(before?.id);
  expect(findBrokenLink(ring.chain)).toBeNull();
  expect(ring.chain[0]?.until).not.toBeNull();
});

test('another process has the same keys, and takes over what is rotated', async () => {
  const other = await KeyRing.load(database, sealingKey, 'test');
  expect(other.chain).toEqual(ring.chain);
  const added = await ring.rotate();
  await other.refresh();
  expect(other.signing.id).toBe(added);
});

test('a key that others may hold is ended at once, but not the one that signs', async () => {
  const [oldest] = ring.chain;
  await ring.retire(oldest!.id);
  expect(Date.parse(ring.chain[0]!.until!)).toBeLessThanOrEqual(Date.now() + 1_000);
  await expect(ring.retire(ring.signing.id)).rejects.toThrow(NewestKeyError);
  await expect(ring.retire('sha256:0')).rejects.toThrow(KeyMissingError);
});

test('a link that was changed is found', () => {
  const [first, second, ...rest] = ring.chain as [ChainKey, ChainKey];
  const changed = { ...second, from: '2020-01-01T00:00:00.000Z' };
  expect(findBrokenLink([first, changed, ...rest])).toEqual({
    place: 1,
    problem: 'it is not signed by the key before it',
  });
});

test('chains are told apart by where they part', () => {
  const chain = ring.chain;
  const stranger: ChainKey = { ...chain[0]!, id: 'sha256:other' };
  expect(compareChains(chain, chain)).toBe('same');
  expect(compareChains(chain.slice(0, 2), chain)).toBe('extended');
  expect(compareChains(chain, chain.slice(0, 2))).toBe('rolled_back');
  expect(compareChains(chain, [...chain.slice(0, 2), stranger])).toBe('forked');
  expect(compareChains(chain, [stranger])).toBe('other');
});
