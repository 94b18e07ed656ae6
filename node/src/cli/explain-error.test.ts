import { open, readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { explainError } from './explain-error.ts';

const errorOf = (work: Promise<unknown>) => work.catch((error: unknown) => error);

test('errors of the system say what is where, and what to do', async () => {
  expect(explainError(await errorOf(readFile('/nowhere/file')))).toBe(
    '/nowhere/file: there is no such file or folder; look at how it is written',
  );
  expect(explainError(await errorOf(readFile('/dev/null/x')))).toBe(
    '/dev/null/x: a part of it is a file, where a folder has to be',
  );
  expect(explainError(await errorOf(readFile('/tmp')))).toContain(
    'a folder is there, where a file has to be',
  );
  expect(explainError(await errorOf(writeFile('/dev/full', 'x')))).toContain('the disk is full; make room');
  expect(explainError(await errorOf(open('/dev/null', 'wx')))).toContain('it is there already');
});

test('errors of ours are told in their own words', () => {
  expect(explainError(Object.assign(new Error('--home is missing'), { code: 'invalid_config' }))).toBe(
    '--home is missing',
  );
  expect(explainError('odd')).toBe('odd');
});
