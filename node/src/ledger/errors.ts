import type { LedgerProblem } from './chain.ts';

/** The ledger cannot be read or written; nothing may be decided or let out any more. Final for this process. */
export class LedgerFailedError extends Error {
  override readonly name = 'LedgerFailedError';
  readonly code = 'ledger_failed';

  constructor(path: string, cause: unknown) {
    super(
      `${path}: ${cause instanceof Error ? cause.message : String(cause)}; see to the disk and start again`,
      { cause },
    );
  }
}

/** The ledger is not what this node has written. Nothing runs on it. */
export class LedgerTamperedError extends Error {
  override readonly name = 'LedgerTamperedError';
  readonly code = 'ledger_tampered';
  readonly problem: LedgerProblem;

  constructor(path: string, problem: LedgerProblem) {
    super(
      `${path}: ${problem.text}. Nothing runs on a ledger that was tampered with: put it back from a copy, or move the folder ` +
        'away to begin a new one (what was charged to budgets is then forgotten). "weir-node ledger verify" names every problem',
    );
    this.problem = problem;
  }
}
