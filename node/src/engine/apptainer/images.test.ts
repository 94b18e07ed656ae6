import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { ImageUnavailableError } from '../errors.ts';
import { ApptainerImages, sifName } from './images.ts';

const signal = new AbortController().signal;

it.each([
  ['python', 'python.sif'],
  ['weir/python:3', 'weir+python=3.sif'],
  ['ghcr.io:443/a/b_c@sha256:0f', 'ghcr.io=443+a+b_c@sha256=0f.sif'],
])('%s lies in %s', (reference, name) => {
  expect(sifName(reference)).toBe(name);
});

it.each(['/etc/passwd', '../secret', 'a/../b', 'docker-archive:/etc/x y', 'library://x', '-x', 'a b', ''])(
  'is no name of an image: %j',
  (reference) => {
    expect(() => sifName(reference)).toThrow(ImageUnavailableError);
  },
);

it('knows a file by its content, and sees when another one takes its place', async () => {
  await using folder = await temporaryFolder();
  const images = new ApptainerImages({ images: folder.path, pull: false });
  const file = images.file('python');
  await writeFile(file, 'one');
  const first = await images.prepare('python', signal);
  expect(first.digest).toBe('sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed');
  expect(await images.prepare('python', signal)).toEqual(first);
  await writeFile(join(folder.path, 'next'), 'two');
  await rename(join(folder.path, 'next'), file);
  expect((await images.prepare('python', signal)).digest).not.toBe(first.digest);
});

it('names the file that is missing', async () => {
  await using folder = await temporaryFolder();
  const images = new ApptainerImages({ images: folder.path, pull: false });
  const missing = await images.prepare('weir/python:3', signal).catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(ImageUnavailableError);
  expect(String((missing as Error).cause)).toContain('weir+python=3.sif');
});
