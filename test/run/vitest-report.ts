import { readFile } from 'node:fs/promises';

export interface Counts {
  passed: number;
  failed: number;
}

/**
 * The counts of vitest's JSON report. A run that ended badly counts at least one failure: a file that does not load has no
 * tests to fail, and a run that was killed leaves no report.
 */
export async function countTests(report: string, succeeded: boolean): Promise<Counts> {
  const text = await readFile(report, 'utf8').catch(() => null);
  const { numPassedTests: passed, numFailedTests: failed } =
    text === null
      ? { numPassedTests: 0, numFailedTests: 0 }
      : (JSON.parse(text) as { numPassedTests: number; numFailedTests: number });
  return { passed, failed: succeeded ? failed : Math.max(1, failed) };
}

export function addCounts(left: Counts, right: Counts): Counts {
  return { passed: left.passed + right.passed, failed: left.failed + right.failed };
}
