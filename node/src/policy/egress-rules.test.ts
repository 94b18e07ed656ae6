import { describe, expect, test } from 'vitest';
import { type EgressRules, resolveEgress } from './egress-rules.ts';
import { egressSchema, siteDataEgressSchema } from './egress-schema.ts';
import { stricterEgress } from './stricter.ts';
import { keysOfSchema } from './testing/schema-keys.ts';

const siteData = (written: object): EgressRules =>
  resolveEgress('site_data', siteDataEgressSchema.parse(written));

/** Key, a lax and a strict value as written, and what they become. */
const KEYS: [key: string, lax: unknown, strict: unknown, place: string, becomes: [unknown, unknown]][] = [
  ['scores.most', 20, 1, 'scores.most', [20, 1]],
  ['scores.decimals', 'any', 2, 'scores.decimals', [null, 2]],
  ['scores.min_cases', 0, 50, 'scores.minCases', [0, 50]],
  ['scores.require_range', false, true, 'scores.requireRange', [false, true]],
  ['scores.columns', 'declared', {}, 'scores.columns', ['declared', {}]],
  ['logs', 'scrubbed', 'none', 'logs', ['scrubbed', 'none']],
  ['log_bytes', '1MiB', 10, 'logBytes', [1024 ** 2, 10]],
  ['reports', 'yes', 'review', 'reports', ['yes', 'review']],
  ['report_bytes', '1MB', 10, 'reportBytes', [1e6, 10]],
  ['review.scores', 'never', 'first', 'review.scores', ['never', 'first']],
  ['review.logs', 'never', 'always', 'review.logs', ['never', 'always']],
  ['review.reviewers', 1, 2, 'review.reviewers', [1, 2]],
  ['review.blind', false, true, 'review.blind', [false, true]],
  ['review.remind_after', '2d', '1h', 'review.remindAfterSeconds', [172_800, 3600]],
  ['review.refuse_after', '30d', '90s', 'review.refuseAfterSeconds', [2_592_000, 90]],
  ['timing.bucket', 'exact', '10m', 'timing.bucketSeconds', [null, 600]],
  ['budget.per_submitter_bits', 'unlimited', 100, 'budget.perSubmitterBits', [null, 100]],
  ['budget.per_dataset_bits', 'unlimited', 0, 'budget.perDatasetBits', [null, 0]],
  ['record', 'bytes', 'digest', 'record', ['bytes', 'digest']],
];

const written = (key: string, value: unknown) =>
  key.split('.').reduceRight<unknown>((inner, word) => ({ [word]: inner }), value) as object;
const at = (rules: EgressRules, place: string) =>
  place.split('.').reduce<unknown>((inner, word) => (inner as Record<string, unknown>)[word], rules);

describe('each key counts, and of two policies the stricter one', () => {
  test.each(KEYS)('%s', (key, lax, strict, place, becomes) => {
    const [laxRules, strictRules] = [siteData(written(key, lax)), siteData(written(key, strict))];
    expect([at(laxRules, place), at(strictRules, place)]).toEqual(becomes);
    expect(stricterEgress(laxRules, strictRules)).toEqual(strictRules);
    expect(stricterEgress(strictRules, laxRules)).toEqual(strictRules);
  });
  test('scrub rules of both are applied', () => {
    const names = siteData({ scrub: [{ pattern: 'Dr\\. \\w+' }] });
    const numbers = siteData({ scrub: [{ pattern: '\\d{6,}', replace: '#' }] });
    expect(stricterEgress(names, numbers).scrub.map(({ replace }) => replace)).toEqual(['[removed]', '#']);
  });
  test('a dataset replaces single keys, the others stay', () => {
    const site = siteDataEgressSchema.parse({ scores: { decimals: 2, most: 3 }, logs: 'codes' });
    const dataset = siteDataEgressSchema.parse({ scores: { decimals: 'any' } });
    expect(resolveEgress('site_data', site, dataset)).toMatchObject({
      logs: 'codes',
      scores: { decimals: null, most: 3 },
    });
  });
  test('no key was forgotten', () => {
    const below = ['scrub.*.pattern', 'scrub.*.replace', 'outputs'];
    const ofColumns = ['type', 'range', 'decimals', 'min_cases'].map((key) => `scores.columns.*.${key}`);
    const tried = [...KEYS.map(([key]) => key), ...below, ...ofColumns];
    for (const schema of [egressSchema, siteDataEgressSchema]) {
      const keys = keysOfSchema(schema);
      expect(keys).toEqual(expect.arrayContaining(['scores.min_cases', 'scores.columns.*.range']));
      expect(keys.filter((key) => !tried.includes(key))).toEqual([]);
    }
  });
});

test('columns are a list of the only ones, each with the stricter of two rules', () => {
  const of = (columns: object) => siteData({ scores: { columns } });
  const one = of({ auc: { range: [0, 1], decimals: 4 }, f1: {} });
  const other = of({ auc: { range: [0.5, 2], min_cases: 20, type: 'decimal' }, count: {} });
  expect(stricterEgress(one, other).scores.columns).toEqual({
    auc: { range: [0.5, 1], decimals: 4, minCases: 20, type: 'decimal' },
  });
  const whole = of({ auc: { type: 'integer', decimals: 2 } });
  expect(stricterEgress(one, whole).scores.columns).toMatchObject({ auc: { type: 'integer', decimals: 2 } });
});

test.each([
  ['full logs', { logs: 'full' }],
  ['archives', { outputs: 'yes' }],
  ['a range upside down', { scores: { columns: { auc: { range: [1, 0] } } } }],
  ['three reviewers', { review: { reviewers: 3 } }],
  ['a time without a unit', { review: { remind_after: 60 } }],
  ['a pattern that is none', { scrub: [{ pattern: '(' }] }],
  ['decimals that no number has', { scores: { decimals: 99 } }],
  ['a budget below nothing', { budget: { per_submitter_bits: -1 } }],
  ['a key that is none', { log: 'none' }],
])('%s of data of the site is a problem', (_, rules) => {
  expect(siteDataEgressSchema.safeParse(rules).success).toBe(false);
});
