import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { lockHome } from './lock.ts';

test('a home that a living process works in is refused, by its pid', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'lock');
  const first = await lockHome(path);
  await expect(lockHome(path)).rejects.toThrow(`process ${process.pid}`);
  await first[Symbol.asyncDispose]();
  await using _second = await lockHome(path);
});

test('the lock of a dead process is taken over', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'lock');
  const child = spawn('true');
  const pid = child.pid;
  await once(child, 'exit');
  await writeFile(path, JSON.stringify({ pid, startedAt: '1' }));
  await using _lock = await lockHome(path);
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
  expect(await readdir(folder.path)).toEqual(['lock']);
});

test('a lock whose pid was given to another process since is taken over, and so is a torn one', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'lock');
  await writeFile(path, JSON.stringify({ pid: process.pid, startedAt: 'long ago' }));
  await (await lockHome(path))[Symbol.asyncDispose]();
  await writeFile(path, '{"pid": 1');
  await using _lock = await lockHome(path);
});
