import pino from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Database } from '../db/database.ts';
import { createTestDatabase } from '../db/testing/test-database.ts';
import type { Topic } from './bus.ts';
import { LiveRelay } from './relay.ts';

let database: Database;
const log = pino({ level: 'silent' });

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database[Symbol.asyncDispose]());

function listen() {
  const heard: Topic[] = [];
  return { heard, relay: new LiveRelay(database.url, log, (topics) => heard.push(...topics)) };
}

const meet = (...relays: LiveRelay[]) =>
  vi.waitFor(() => expect(relays.every(({ hasOthers }) => hasOthers)).toBe(true), { timeout: 5_000 });

test('hints reach the other processes, whole and not the sender', async () => {
  const [here, there] = [listen(), listen()];
  await using _here = here.relay;
  await using _there = there.relay;
  await meet(here.relay, there.relay);
  const topics = Array.from({ length: 1_000 }, (_, index): Topic => `submission:${index}`);
  here.relay.send(topics);
  await vi.waitFor(() => expect(there.heard).toHaveLength(1_000));
  expect(new Set(there.heard)).toEqual(new Set(topics));
  expect(here.heard).toEqual([]);
});

test('a process alone sends nothing', async () => {
  const alone = listen();
  await using relay = alone.relay;
  relay.send(['queue']);
  expect(relay.hasOthers).toBe(false);
});

test('a lost connection is made again and hints flow as before', async () => {
  const [here, there] = [listen(), listen()];
  await using _here = here.relay;
  await using _there = there.relay;
  await meet(here.relay, there.relay);
  await database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'weir-hub listen' and datname = current_database()`,
  );
  await vi.waitFor(
    () => {
      here.relay.send(['queue']);
      expect(there.heard).toContain('queue');
    },
    { timeout: 10_000, interval: 100 },
  );
});
