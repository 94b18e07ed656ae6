import { readFile } from 'node:fs/promises';

export interface Counts {
  passed: number;
  failed: number;
  /** Each failure in words: where, which test, what it said. */
  failures: string[];
}

/** The part of vitest's JSON report that is read here. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  testResults: {
    name: string;
    status: string;
    /** Why the file did not load. */
    message: string;
    assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
  }[];
}

/**
 * What vitest's JSON report says. A run that ended badly counts at least one failure: a file that does not load has no
 * tests to fail, and a run that was killed leaves no report.
 */
export async function readReport(path: string, succeeded: boolean): Promise<Counts> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) {
    return succeeded ? nothing : { ...nothing, failed: 1, failures: ['the tests ended without a report'] };
  }
  const { numPassedTests: passed, numFailedTests, testResults }: Report = JSON.parse(text);
  const failures = testResults.flatMap(({ name, message, assertionResults }) => [
    ...(message ? [`${name}\n${message}`] : []),
    ...assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => `${name}: ${fullName}\n${failureMessages.join('\n')}`),
  ]);
  if (succeeded || failures.length > 0)
    return { passed, failed: Math.max(numFailedTests, failures.length), failures };
  return { passed, failed: 1, failures: ['an error outside of the tests: see their output'] };
}

export const nothing: Counts = { passed: 0, failed: 0, failures: [] };

export function addCounts(left: Counts, right: Counts): Counts {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    failures: [...left.failures, ...right.failures],
  };
}
