import type { ScrubRule } from '../logs/scrub.ts';
import type { WrittenEgress } from './egress-schema.ts';
import type { DatasetRule, Policy } from './schema.ts';

/**
 * What a run sees decides what may leave of it: data of the hub alone, data of the site, or a rehearsal's synthetic stand-in for it.
 */
export type RunKind = 'hub_data' | 'site_data' | 'rehearsal';

/** The rules for what leaves of one run, with every default filled in. Sizes in bytes, times in seconds, `null` for "no limit". */
export interface EgressRules {
  readonly scores: {
    /** How many scores at most. */
    readonly most: number;
    /** Digits after the point that leave; null leaves numbers as they are. */
    readonly decimals: number | null;
    /** A score from fewer cases stays. */
    readonly minCases: number;
    /** A column of which nobody has said its range stays. */
    readonly requireRange: boolean;
    /** The only columns that may leave, with rules on top of the competition's own declaration; of the two the stricter one counts. */
    readonly columns: 'declared' | Readonly<Record<string, ColumnRule>>;
  };
  readonly logs: 'none' | 'codes' | 'scrubbed' | 'full';
  readonly logBytes: number;
  /** Applied in order to scrubbed logs. */
  readonly scrub: readonly ScrubRule[];
  readonly reports: 'no' | 'review' | 'yes';
  readonly reportBytes: number;
  /** Archives of what programs wrote. */
  readonly outputs: 'no' | 'yes';
  readonly review: {
    readonly scores: 'never' | 'first' | 'always';
    readonly logs: 'never' | 'always';
    readonly reviewers: 1 | 2;
    /** Two reviewers do not see each other's vote before both have voted. */
    readonly blind: boolean;
    readonly remindAfterSeconds: number;
    readonly refuseAfterSeconds: number;
  };
  /** Moments that leave are rounded up to whole buckets; null for milliseconds. */
  readonly timing: { readonly bucketSeconds: number | null };
  /** Bits that one submitter, and everybody together, may draw from one dataset. */
  readonly budget: { readonly perSubmitterBits: number | null; readonly perDatasetBits: number | null };
  /** What the ledger keeps of a release. */
  readonly record: 'bytes' | 'digest';
}

export interface ColumnRule {
  readonly type?: 'decimal' | 'integer' | undefined;
  readonly range?: readonly [number, number] | undefined;
  readonly decimals?: number | undefined;
  readonly minCases?: number | undefined;
}

const NOTHING_OF_THE_SITE: EgressRules = {
  scores: { most: 100, decimals: null, minCases: 0, requireRange: false, columns: 'declared' },
  logs: 'none',
  logBytes: 1024 ** 2,
  scrub: [],
  reports: 'no',
  reportBytes: 20 * 1024 ** 2,
  outputs: 'no',
  review: {
    scores: 'never',
    logs: 'never',
    reviewers: 1,
    blind: true,
    remindAfterSeconds: 86_400,
    refuseAfterSeconds: 7 * 86_400,
  },
  timing: { bucketSeconds: null },
  budget: { perSubmitterBits: null, perDatasetBits: null },
  record: 'bytes',
};

/** What counts where the policy says nothing. Of runs that see no data of the site there is nothing to round, review or count. */
export const EGRESS_DEFAULTS: Readonly<Record<RunKind, EgressRules>> = {
  hub_data: NOTHING_OF_THE_SITE,
  rehearsal: NOTHING_OF_THE_SITE,
  site_data: {
    ...NOTHING_OF_THE_SITE,
    scores: { most: 10, decimals: 4, minCases: 10, requireRange: true, columns: 'declared' },
    logBytes: 4 * 1024,
    reportBytes: 64 * 1024,
    review: { ...NOTHING_OF_THE_SITE.review, scores: 'always', logs: 'always' },
    timing: { bucketSeconds: 60 },
    budget: { perSubmitterBits: 256, perDatasetBits: 4096 },
  },
};

/** The rules for a kind of run: its defaults, with every key that the file says in its place; later ones go before earlier ones. */
export function resolveEgress(
  kind: RunKind,
  ...written: readonly (WrittenEgress | undefined)[]
): EgressRules {
  return written.reduce<EgressRules>(
    (rules, each) => (each ? overlay(rules, each) : rules),
    EGRESS_DEFAULTS[kind],
  );
}

/**
 * What leaves of a run on a dataset, under its rule. The budgets are the site's: each of the nodes that hold the data gives out its part of them, so that
 * together they give out no more.
 *
 * @param nodesOfSite counts where the rule does not say how many hold the data
 */
export function siteDataEgress(
  { egress }: Pick<Policy, 'egress'>,
  rule: Pick<DatasetRule, 'egress' | 'nodes'> | undefined,
  nodesOfSite: number,
): EgressRules {
  const rules = resolveEgress('site_data', egress.site_data, rule?.egress);
  const nodes = rule?.nodes ?? nodesOfSite;
  const { perSubmitterBits, perDatasetBits } = rules.budget;
  const budget = {
    perSubmitterBits: partOf(perSubmitterBits, nodes),
    perDatasetBits: partOf(perDatasetBits, nodes),
  };
  return { ...rules, budget };
}

/** In thousandths of a bit, as everything that is charged. */
function partOf(bits: number | null, nodes: number): number | null {
  return bits === null || nodes === 1 ? bits : Math.floor((bits * 1000) / nodes) / 1000;
}

/** `??` would take the `null` of "no limit" for something that was not said. */
function said<Value>(value: Value | undefined, otherwise: Value): Value {
  return value === undefined ? otherwise : value;
}

function overlay(rules: EgressRules, written: WrittenEgress): EgressRules {
  const { scores, review, timing, budget } = written;
  return {
    scores: {
      most: said(scores?.most, rules.scores.most),
      decimals: said(scores?.decimals, rules.scores.decimals),
      minCases: said(scores?.min_cases, rules.scores.minCases),
      requireRange: said(scores?.require_range, rules.scores.requireRange),
      columns: scores?.columns === undefined ? rules.scores.columns : toColumns(scores.columns),
    },
    logs: said(written.logs, rules.logs),
    logBytes: said(written.log_bytes, rules.logBytes),
    scrub: said(written.scrub, rules.scrub),
    reports: said(written.reports, rules.reports),
    reportBytes: said(written.report_bytes, rules.reportBytes),
    outputs: said(written.outputs, rules.outputs),
    review: {
      scores: said(review?.scores, rules.review.scores),
      logs: said(review?.logs, rules.review.logs),
      reviewers: said(review?.reviewers, rules.review.reviewers),
      blind: said(review?.blind, rules.review.blind),
      remindAfterSeconds: said(review?.remind_after, rules.review.remindAfterSeconds),
      refuseAfterSeconds: said(review?.refuse_after, rules.review.refuseAfterSeconds),
    },
    timing: { bucketSeconds: said(timing?.bucket, rules.timing.bucketSeconds) },
    budget: {
      perSubmitterBits: said(budget?.per_submitter_bits, rules.budget.perSubmitterBits),
      perDatasetBits: said(budget?.per_dataset_bits, rules.budget.perDatasetBits),
    },
    record: said(written.record, rules.record),
  };
}

type WrittenColumns = NonNullable<NonNullable<WrittenEgress['scores']>['columns']>;

function toColumns(columns: WrittenColumns): EgressRules['scores']['columns'] {
  if (columns === 'declared') return columns;
  return Object.fromEntries(
    Object.entries(columns).map(([key, { type, range, decimals, min_cases }]) => [
      key,
      { type, range, decimals, minCases: min_cases },
    ]),
  );
}
