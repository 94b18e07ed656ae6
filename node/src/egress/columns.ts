import { RefusalCode, type ScoreColumn, ScoreType } from '@weir/proto/node/v1';
import type { ColumnRule, EgressRules } from '../policy/egress-rules.ts';

/** A score that may leave: what the competition declares of it, tightened by the rules of the site. */
export interface Column {
  readonly key: string;
  readonly type: 'decimal' | 'integer';
  /** Least and most, both included. */
  readonly range: readonly [number, number] | null;
  /** Digits after the point that leave; null for as many as a double has. 0 for integers. */
  readonly decimals: number | null;
  /** A score from fewer cases stays. */
  readonly minCases: number;
}

/** No measurement has more digits. A hub that declares a million would only keep the node busy with them. */
const MOST_DECIMALS = 20;

export type ColumnsResult =
  | { readonly kind: 'columns'; readonly columns: readonly Column[] }
  /** No release of this competition could leave: better said before its containers see anything. */
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly rule: string };

/** What may leave of the scores that a competition declares. Of two limits the stricter one counts. */
export function permittedColumns(
  declared: readonly ScoreColumn[],
  rules: EgressRules['scores'],
): ColumnsResult {
  if (declared.length > rules.most) return refused(RefusalCode.RELEASE, 'scores.most');
  const columns: Column[] = [];
  for (const column of declared) {
    const rule = ruleFor(column.key, rules.columns);
    if (rule === null) return refused(RefusalCode.RELEASE, `scores.columns (no ${column.key})`);
    const tightened = tighten(column, rule, rules);
    if (tightened.range === null && rules.requireRange) {
      return refused(RefusalCode.SCORE_RANGE, `scores.require_range (${column.key})`);
    }
    if (tightened.range !== null && tightened.range[0] > tightened.range[1]) {
      return refused(RefusalCode.SCORE_RANGE, `scores.columns.${column.key}.range`);
    }
    columns.push(tightened);
  }
  return { kind: 'columns', columns };
}

function ruleFor(key: string, rules: EgressRules['scores']['columns']): ColumnRule | null {
  if (rules === 'declared') return {};
  return Object.hasOwn(rules, key) ? (rules[key] ?? null) : null;
}

function tighten(column: ScoreColumn, rule: ColumnRule, rules: EgressRules['scores']): Column {
  const type = column.type === ScoreType.INTEGER || rule.type === 'integer' ? 'integer' : 'decimal';
  const decimals = [column.decimals, rule.decimals, rules.decimals].filter(
    (each) => typeof each === 'number',
  );
  return {
    key: column.key,
    type,
    range: rangeOf(column, rule.range),
    decimals: type === 'integer' ? 0 : decimals.length === 0 ? null : Math.min(MOST_DECIMALS, ...decimals),
    minCases: Math.max(column.minCases, rule.minCases ?? 0, rules.minCases),
  };
}

/** A range has two ends: one that the competition leaves open can be closed by the site. */
function rangeOf({ min, max }: ScoreColumn, rule: ColumnRule['range']): Column['range'] {
  const least = Math.max(min ?? Number.NEGATIVE_INFINITY, rule?.[0] ?? Number.NEGATIVE_INFINITY);
  const most = Math.min(max ?? Number.POSITIVE_INFINITY, rule?.[1] ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(least) && Number.isFinite(most) ? [least, most] : null;
}

function refused(code: RefusalCode, rule: string): ColumnsResult {
  return { kind: 'refused', code, rule };
}
