import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { zipOutput } from './outputs.ts';
import { readReport } from './report.ts';
import { unpack } from './unpack.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'weir-outputs-'));
  folder = join(root, 'output');
  await mkdir(join(folder, 'sub', 'empty'), { recursive: true });
  await writeFile(join(folder, 'scores.json'), '{}');
  await writeFile(join(folder, 'sub', 'plot.svg'), 'x'.repeat(100_000));
});
afterEach(() => rm(root, { recursive: true }));

const zip = (name: string, maxBytes = 1 << 20) =>
  zipOutput({ folder, extra: { metadata: 'exitCode: 0\n' }, maxBytes }, join(root, name));

it('makes the same archive of the same files, without links', async () => {
  await symlink('/etc/passwd', join(folder, 'link'));
  expect([await zip('one.zip'), await zip('two.zip')]).toEqual([true, true]);
  expect(await readFile(join(root, 'one.zip'))).toEqual(await readFile(join(root, 'two.zip')));
  const limits = { maxBytes: 1 << 20, maxEntries: 10 };
  expect(await unpack(join(root, 'one.zip'), join(root, 'again'), owner, limits)).toMatchObject({ files: 3 });
  expect(await readFile(join(root, 'again', 'metadata'), 'utf8')).toBe('exitCode: 0\n');
});

it('gives up on what is too large', async () => {
  expect(await zip('large.zip', 50_000)).toBe(false);
});

it('reads the report that Codabench would show', async () => {
  expect(await readReport(folder, 100)).toBe(null);
  await writeFile(join(folder, 'scores.html'), 'other');
  expect(String(await readReport(folder, 100))).toBe('other');
  await writeFile(join(folder, 'detailed_results.html'), 'detailed');
  expect(String(await readReport(folder, 100))).toBe('detailed');
  expect(await readReport(folder, 3)).toBe(null);
  await rm(join(folder, 'detailed_results.html'));
  await symlink('/etc/passwd', join(folder, 'detailed_results.html'));
  expect(await readReport(folder, 100)).toBe(null);
});
