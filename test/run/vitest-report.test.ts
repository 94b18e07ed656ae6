import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addCounts, nothing, readReport } from './vitest-report.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(report: object): Promise<string> {
  const path = join(folder, 'report.json');
  await writeFile(path, JSON.stringify(report));
  return path;
}

const passed = { status: 'passed', fullName: 'adds', failureMessages: [] };
const failed = { status: 'failed', fullName: 'divides', failureMessages: ['AssertionError: by zero'] };

test('a report is counted, and says which tests failed, where and how', async () => {
  const testResults = [
    { name: '/sums.test.ts', status: 'failed', message: '', assertionResults: [passed, failed] },
  ];
  const path = await written({ numPassedTests: 1, numFailedTests: 1, testResults });
  expect(await readReport(path, false)).toEqual({
    passed: 1,
    failed: 1,
    failures: ['/sums.test.ts: divides\nAssertionError: by zero'],
  });
});

test('a file that does not load is a failure, and is named', async () => {
  const testResults = [
    { name: '/sums.test.ts', status: 'failed', message: 'SyntaxError: no', assertionResults: [] },
  ];
  const path = await written({ numPassedTests: 0, numFailedTests: 0, testResults });
  expect(await readReport(path, false)).toEqual({
    passed: 0,
    failed: 1,
    failures: ['/sums.test.ts\nSyntaxError: no'],
  });
});

test('a run that leaves no report has failed, unless it says that it ended well', async () => {
  const path = join(folder, 'none.json');
  expect(await readReport(path, false)).toMatchObject({ failed: 1, failures: [expect.any(String)] });
  expect(await readReport(path, true)).toEqual(nothing);
});

test('an error outside of the tests is a failure', async () => {
  const testResults = [{ name: '/sums.test.ts', status: 'passed', message: '', assertionResults: [passed] }];
  const path = await written({ numPassedTests: 1, numFailedTests: 0, testResults });
  expect(await readReport(path, false)).toMatchObject({
    passed: 1,
    failed: 1,
    failures: [expect.any(String)],
  });
});

test('counts are added, failures in their order', () => {
  const sum = addCounts({ passed: 1, failed: 1, failures: ['a'] }, { passed: 2, failed: 1, failures: ['b'] });
  expect(sum).toEqual({ passed: 3, failed: 2, failures: ['a', 'b'] });
});
