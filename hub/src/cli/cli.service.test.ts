import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { users } from '../accounts/schema.ts';
import type { Database } from '../db/database.ts';
import { createTestDatabase } from '../db/testing/test-database.ts';

let database: Database;
let home: string;
beforeAll(async () => {
  database = await createTestDatabase();
  home = await mkdtemp(join(tmpdir(), 'weir-cli-'));
});
afterAll(async () => {
  await rm(home, { recursive: true });
  await database[Symbol.asyncDispose]();
});

async function run(
  args: string[],
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url)), ...args], {
    env: { ...process.env, WEIR_HOME: home, DATABASE_URL: database.url, ...env },
  });
  child.stdin.end(input);
  const closed = once(child, 'close');
  const [output, problems] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code, output, problems };
}

test('user add makes an account once', async () => {
  const add = ['user', 'add', 'robot', '--email', 'robot@example.org', '--password-stdin', '--robot'];
  expect(await run(add, { input: 'a password\n' })).toMatchObject({
    code: 0,
    output: expect.stringContaining('made'),
  });
  expect(await run(add, { input: 'another\n' })).toMatchObject({
    code: 0,
    output: expect.stringContaining('exists'),
  });
  const [robot] = await database.queries.select().from(users);
  expect(robot).toMatchObject({ username: 'robot', isRobot: true, isAdmin: false });
});

test('enrol-token prints a new token of the site each time', async () => {
  const enrol = ['enrol-token', '--site', 'north', '--title', 'North Hospital'];
  const [first, second] = [await run(enrol), await run(enrol)];
  expect(first.problems).toBe('');
  expect(first.output).toMatch(/^weir1\.\S+\n$/);
  expect(second.output).toMatch(/^weir1\.\S+\n$/);
  expect(second.output).not.toBe(first.output);
});

test.each([
  [['nonsense'], 'Usage'],
  [['user', 'add', 'ada', '--email', 'a@example.org'], '--password-stdin'],
  [['enrol-token', '--site', 'north'], '--title'],
  [['migrate', '--force'], '--force'],
])('%j ends with a word on what is wrong', async (args, word) => {
  const { code, problems } = await run(args);
  expect(code).toBe(1);
  expect(problems).toContain(word);
  expect(problems).not.toContain('    at ');
});

test('without a hub it says how to name one', async () => {
  const { code, problems } = await run(['migrate'], { env: { DATABASE_URL: '' } });
  expect({ code, problems }).toMatchObject({ code: 1, problems: expect.stringContaining('WEIR_HOME') });
});
