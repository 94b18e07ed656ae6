import type { ColumnRule, EgressRules } from './egress-rules.ts';

const LOGS: readonly EgressRules['logs'][] = ['none', 'codes', 'scrubbed', 'full'];
const REPORTS: readonly EgressRules['reports'][] = ['no', 'review', 'yes'];
const OUTPUTS: readonly EgressRules['outputs'][] = ['no', 'yes'];
const SCORE_REVIEWS: readonly EgressRules['review']['scores'][] = ['always', 'first', 'never'];
const LOG_REVIEWS: readonly EgressRules['review']['logs'][] = ['always', 'never'];

/**
 * The stricter of two sets of rules, key by key. For a run that is shown two datasets, and for a policy that changes under a run: what has
 * begun under strict rules is not let out under lax ones.
 */
export function stricterEgress(one: EgressRules, other: EgressRules): EgressRules {
  return {
    scores: {
      most: Math.min(one.scores.most, other.scores.most),
      decimals: least(one.scores.decimals, other.scores.decimals),
      minCases: Math.max(one.scores.minCases, other.scores.minCases),
      requireRange: one.scores.requireRange || other.scores.requireRange,
      columns: stricterColumns(one.scores.columns, other.scores.columns),
    },
    logs: firstOf(LOGS, one.logs, other.logs),
    logBytes: Math.min(one.logBytes, other.logBytes),
    scrub: [...new Set([...one.scrub, ...other.scrub])],
    reports: firstOf(REPORTS, one.reports, other.reports),
    reportBytes: Math.min(one.reportBytes, other.reportBytes),
    outputs: firstOf(OUTPUTS, one.outputs, other.outputs),
    review: {
      scores: firstOf(SCORE_REVIEWS, one.review.scores, other.review.scores),
      logs: firstOf(LOG_REVIEWS, one.review.logs, other.review.logs),
      reviewers: one.review.reviewers === 2 ? 2 : other.review.reviewers,
      blind: one.review.blind || other.review.blind,
      remindAfterSeconds: Math.min(one.review.remindAfterSeconds, other.review.remindAfterSeconds),
      refuseAfterSeconds: Math.min(one.review.refuseAfterSeconds, other.review.refuseAfterSeconds),
    },
    timing: { bucketSeconds: most(one.timing.bucketSeconds, other.timing.bucketSeconds) },
    budget: {
      perSubmitterBits: least(one.budget.perSubmitterBits, other.budget.perSubmitterBits),
      perDatasetBits: least(one.budget.perDatasetBits, other.budget.perDatasetBits),
    },
    record: one.record === 'digest' ? 'digest' : other.record,
  };
}

function firstOf<Word>(order: readonly Word[], one: Word, other: Word): Word {
  return order.indexOf(one) < order.indexOf(other) ? one : other;
}

/** null is "no limit". */
function least(one: number | null, other: number | null): number | null {
  return one === null ? other : other === null ? one : Math.min(one, other);
}

/** null is "not rounded". */
function most(one: number | null, other: number | null): number | null {
  return one === null ? other : other === null ? one : Math.max(one, other);
}

type Columns = EgressRules['scores']['columns'];

function stricterColumns(one: Columns, other: Columns): Columns {
  if (one === 'declared') return other;
  if (other === 'declared') return one;
  const both: Record<string, ColumnRule> = {};
  for (const [key, rule] of Object.entries(one)) {
    const second = Object.hasOwn(other, key) ? other[key] : undefined;
    if (second) both[key] = stricterColumn(rule, second);
  }
  return both;
}

function stricterColumn(one: ColumnRule, other: ColumnRule): ColumnRule {
  return {
    type: one.type === 'integer' ? 'integer' : (other.type ?? one.type),
    range:
      one.range && other.range
        ? [Math.max(one.range[0], other.range[0]), Math.min(one.range[1], other.range[1])]
        : (one.range ?? other.range),
    decimals: least(one.decimals ?? null, other.decimals ?? null) ?? undefined,
    minCases: Math.max(one.minCases ?? 0, other.minCases ?? 0),
  };
}
