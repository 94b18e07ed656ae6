import { FailureCode, RefusalCode } from '@weir/proto/node/v1';
import type { CaseCounts } from './cases.ts';
import type { Column } from './columns.ts';
import { type Decimal, round, toDecimal, toNumber } from './rounding.ts';
import type { WrittenScore } from './written-scores.ts';

/** From here on a number is not a score but a message: a double holds far more than any measurement. */
const TOO_LARGE = 1e10;

export interface ScoreGate {
  readonly columns: readonly Column[];
  readonly cases: CaseCounts;
  /** Whether the run saw data of the site. */
  readonly siteData: boolean;
}

export type ScoreRelease =
  | { readonly kind: 'released'; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: 'failed'; readonly code: FailureCode }
  /** `rule` and `why` are for the people of the site, and leave no more than the scores do. */
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly rule: string;
      readonly why: string;
    };

/**
 * The egress gate for scores: which numbers leave, or why none does. Pure. What it lets out is, for each column, nothing or a number of the
 * column's type, with its digits, within its range, from as many cases as are demanded; `bits.ts` counts exactly these.
 *
 * It is all or nothing. Next to data of the site a key that nobody declared refuses the release too, since a program that writes what it was
 * not asked for may be writing data; without such data it is dropped, as Codabench does.
 */
export function releaseScores(written: readonly WrittenScore[], gate: ScoreGate): ScoreRelease {
  const scores = new Map(written.map(({ key, value }) => [key, value]));
  const declared = new Set(gate.columns.map(({ key }) => key));
  const unknown = [...scores.keys()].find((key) => !declared.has(key));
  if (gate.siteData && unknown !== undefined) {
    return refused(RefusalCode.RELEASE, 'scores.columns', `${JSON.stringify(unknown)} was not declared`);
  }
  const values: Record<string, number> = {};
  // In the order in which they were declared: another one would tell something, and it travels.
  for (const column of gate.columns) {
    const value = scores.get(column.key) ?? null;
    if (value === null) continue;
    if (!Number.isFinite(value) || Math.abs(value) >= TOO_LARGE) {
      if (!gate.siteData) return { kind: 'failed', code: FailureCode.SCORES_OUT_OF_RANGE };
      const why = `${column.key} is not finite, or too large for a score`;
      return refused(RefusalCode.SCORE_RANGE, 'scores', why);
    }
    const verdict = releaseScore(value, column, gate.cases);
    if (typeof verdict !== 'number') return verdict;
    values[column.key] = verdict;
  }
  return { kind: 'released', values };
}

/** Rounds first: 1.0000000000000002 is a fine score for a range that ends at 1. */
function releaseScore(value: number, column: Column, cases: CaseCounts): number | ScoreRelease {
  const { key, type, range, decimals, minCases } = column;
  const exact = toDecimal(value);
  if (type === 'integer' && !isWhole(exact)) {
    return refused(RefusalCode.SCORE_TYPE, `scores.columns.${key}.type`, `${key} is no integer`);
  }
  const rounded = decimals === null ? toNumber(exact) : toNumber(round(exact, decimals));
  if (range !== null && (rounded < range[0] || rounded > range[1])) {
    return refused(RefusalCode.SCORE_RANGE, `scores.columns.${key}.range`, `${key} is out of its range`);
  }
  if (minCases > 0 && (cases.of(key) ?? 0) < minCases) {
    const why = `${key} is from fewer than ${minCases} cases, or nobody says from how many`;
    return refused(RefusalCode.SCORE_CASES, `scores.columns.${key}.min_cases`, why);
  }
  return rounded;
}

function isWhole(exact: Decimal): boolean {
  return exact.digits % 10n ** BigInt(exact.places) === 0n;
}

function refused(code: RefusalCode, rule: string, why: string): ScoreRelease {
  return { kind: 'refused', code, rule, why };
}
