import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FailureCode } from '@weir/proto/node/v1';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { diskUse } from './disk-watch.ts';
import { inspectPredictions } from './predictions.ts';
import { Workspace } from './workspace.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-predictions-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inspect = () => inspectPredictions(folder, 1 << 20);

it('lets folders and plain files pass', async () => {
  await mkdir(join(folder, 'a', 'b'), { recursive: true });
  await writeFile(join(folder, 'a', 'b', 'c.csv'), '1');
  await writeFile(join(folder, 'a', 'metadata'), 'not at the root');
  expect(await inspect()).toBe(null);
});

it.each<[string, () => Promise<unknown>]>([
  ['a link to the answers', () => symlink('/app/input/ref/labels.csv', join(folder, 'x'))],
  ['a link in a folder', () => mkdir(join(folder, 'd')).then(() => symlink('..', join(folder, 'd', 'x')))],
  ['a pipe', async () => execFileSync('mkfifo', [join(folder, 'x')])],
  [
    'a file with two names',
    () => writeFile(join(folder, 'x'), '').then(() => link(join(folder, 'x'), join(folder, 'y'))),
  ],
  [
    'folders without end',
    async () => execFileSync('sh', ['-c', `cd ${folder}; for i in $(seq 300); do mkdir d; cd d; done`]),
  ],
])('refuses %s', async (_name, make) => {
  await make();
  expect(await inspect()).toBe(FailureCode.PREDICTION_OUTPUT_REFUSED);
});

it.each(['file', 'link'])('keeps the name metadata for the platform (%s)', async (kind) => {
  const path = join(folder, 'metadata');
  await (kind === 'file' ? writeFile(path, '') : symlink('/nowhere', path));
  expect(await inspect()).toBe(FailureCode.PREDICTION_RESERVED_NAME);
});

it('counts a file with holes by what a reader would get', async () => {
  await writeFile(join(folder, 'x'), '');
  await truncate(join(folder, 'x'), 2 ** 40);
  expect(await diskUse([folder], 'live')).toBeLessThan(1 << 20);
  expect(await inspect()).toBe(FailureCode.PREDICTION_DISK_LIMIT);
});

it('measures folders that cannot be walked as infinite, and removes them all the same', async () => {
  const workspace = await Workspace.open(join(folder, 'ws'), {
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
  });
  const predictions = await workspace.make('predictions');
  // Only a process that goes down step by step can make paths longer than a path can be.
  const descend = `const { mkdirSync } = require('node:fs'); const name = 'n'.repeat(200);
    for (let depth = 0; depth < 60; depth += 1) { mkdirSync(name); process.chdir(name); }`;
  execFileSync(process.execPath, ['--eval', descend], { cwd: predictions });
  expect(await diskUse([predictions], 'live')).toBe(Number.POSITIVE_INFINITY);
  await workspace.remove();
  expect(await workspace.find('predictions')).toBe(null);
});
