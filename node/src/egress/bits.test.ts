import { LogStream } from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import { HeldLogs, type StepTexts } from '../logs/held-logs.ts';
import { EGRESS_DEFAULTS, type EgressRules } from '../policy/egress-rules.ts';
import { choiceBits, columnBits, contentBits, momentBits, scoreBits, valuesOf } from './bits.ts';
import { CODE_COUNT } from './codes.ts';
import type { Column } from './columns.ts';
import { type Costs, costsOf, logBits, reportBits, worstBits } from './costs.ts';
import { releaseScores } from './gate.ts';
import { bucketEnd } from './moment.ts';
import type { WrittenScore } from './written-scores.ts';

const unit: Column = { key: 'auc', type: 'decimal', range: [0, 1], decimals: 1, minCases: 0 };
const count: Column = { key: 'n', type: 'integer', range: [-1, 1], decimals: 0, minCases: 0 };
const noCases = { of: () => null };

test.each([
  [{ range: [0, 1], decimals: 4 }, 10_001n],
  [{ range: [0, 1], decimals: 0 }, 2n],
  [{ range: [-1, 1], decimals: 2 }, 201n],
  // Only what is within the range is a value: 0.1, 0.2 and 0.3.
  [{ range: [0.05, 0.35], decimals: 1 }, 3n],
  [{ range: [0.01, 0.02], decimals: 1 }, 0n],
  [{ range: null, decimals: 4 }, null],
  [{ range: [0, 1], decimals: null }, null],
] as const)('a column with %j has %s values', (rules, values) => {
  expect(valuesOf({ ...unit, ...rules })).toBe(values);
});

test('worked examples of BITS.md', () => {
  expect(columnBits({ ...unit, decimals: 4 })).toBe(13.289);
  expect(columnBits({ ...unit, range: null })).toBe(64);
  expect(momentBits(2 * (3600 + 60), 60)).toBe(6.943);
  expect(momentBits(2 * (3600 + 60), null)).toBe(22.804);
  expect(contentBits(100, 2048)).toBe(811.001);
  const rules = EGRESS_DEFAULTS.site_data;
  const costs = costsOf([{ ...unit, decimals: 4 }], rules, { stepSeconds: 3600, takesReport: false });
  expect(costs.scores).toBe(21.232);
  expect(worstBits(costs)).toBe(21.232);
});

test('a range that no double can fill costs no more than a double', () => {
  expect(columnBits({ ...unit, range: [0, 1e9], decimals: 15 })).toBe(64);
  expect(columnBits({ ...unit, range: [-1e300, 1e300], decimals: 15 })).toBe(64);
});

/** What a scoring program might try for a column. */
function attempts({ key }: Column): (WrittenScore | null)[] {
  const values = [null, Number.NaN, Number.POSITIVE_INFINITY, -0, 1e-300, 1e10, -1e10];
  for (let step = -24; step <= 24; step += 1) values.push(step / 20, step / 20 + 1e-9);
  return [null, ...values.map((value) => ({ key, value }))];
}

/** Every outcome that the gate lets out for these columns, whatever the scoring program writes. */
function scoreOutcomes(columns: readonly Column[]): Set<string> {
  const outcomes = new Set<string>();
  const all = columns.reduce<WrittenScore[][]>(
    (written, column) =>
      attempts(column).flatMap((each) => written.map((scores) => (each ? [...scores, each] : scores))),
    [[]],
  );
  for (const written of all) {
    for (const scores of [written, [...written].reverse(), [...written, { key: 'other', value: 1 }]]) {
      const release = releaseScores(scores, { columns, cases: noCases, siteData: true });
      if (release.kind === 'released') {
        for (const value of Object.values(release.values)) expect(Object.is(value, -0)).toBe(false);
        // As it travels, the order of the keys included.
        outcomes.add(JSON.stringify(release.values));
      }
    }
  }
  return outcomes;
}

test.each([
  ['one column', [unit], 12],
  ['two columns', [unit, count], 48],
  ['a column without values', [{ ...unit, range: [0.01, 0.02] as const }], 1],
])('%s: what the gate can let out is as many as were counted', (_, columns, most) => {
  const outcomes = scoreOutcomes(columns);
  expect(outcomes.size).toBe(most);
  expect(outcomes.size).toBeLessThanOrEqual(2 ** scoreBits(columns));
});

test('over all outcomes and moments the sum of 2^-bits is at most 1', () => {
  const bucketSeconds = 60;
  const rules: EgressRules = { ...EGRESS_DEFAULTS.site_data, timing: { bucketSeconds } };
  const stepSeconds = 60;
  const costs = costsOf([unit, count], rules, { stepSeconds, takesReport: false });
  const longestMs = 2 * (stepSeconds + 60) * 1000;
  const scoreCount = scoreOutcomes([unit, count]).size;
  for (const begun of [0, 1, 29_999, 59_999]) {
    const moments = new Set<number>();
    for (let ms = 0; ms <= longestMs; ms += 250) moments.add(bucketEnd(begun + ms, bucketSeconds));
    const scores = scoreCount * 2 ** -costs.scores;
    const codes = CODE_COUNT * 2 ** -costs.code;
    expect((scores + codes) * moments.size).toBeLessThanOrEqual(1);
  }
});

/** Every text of a step that can leave, whatever is printed: all strings over an alphabet, cut and scrubbed. */
function texts(logRoom: number): Set<string> {
  const bytes = ['a', 'b', '\n', '\u0000', '\u001b'].map((character) => character.charCodeAt(0));
  bytes.push(0xff, 0xc3, 0xa9);
  let printed: number[][] = [[]];
  const found = new Set<string>();
  for (let length = 0; length <= 4; length += 1) {
    for (const each of printed) {
      const held = new HeldLogs({ rules: [], maxBytes: 2 * logRoom });
      held.write(LogStream.PREDICTION_STDERR, Uint8Array.from(each));
      found.add(held.end('prediction'));
    }
    printed = printed.flatMap((each) => bytes.map((byte) => [...each, byte]));
  }
  return found;
}

test.each([25, 26, 27, 28, 30])('over all texts of %i bytes the sum of 2^-bits is at most 1', (logRoom) => {
  const costs: Costs = { scores: 0, code: 0, logs: 'scrubbed', logRoom, reportRoom: null };
  const cost = (text: StepTexts) => logBits(costs, text);
  const found = texts(costs.logRoom);
  expect(found.size).toBeGreaterThan(1);
  let sum = 0;
  for (const prediction of found) {
    expect(Buffer.byteLength(prediction)).toBeLessThanOrEqual(costs.logRoom);
    for (const scoring of found) sum += 2 ** -cost({ prediction, scoring });
  }
  expect(sum).toBeLessThanOrEqual(1);
  const longest = 'x'.repeat(logRoom);
  expect(cost({ prediction: longest, scoring: longest })).toBeLessThanOrEqual(worstBits(costs));
});

test('a report costs its bytes and its length, and its absence the length', () => {
  const costs: Costs = { scores: 5, code: 5, logs: 'none', logRoom: 0, reportRoom: 1000 };
  expect(reportBits(costs, null)).toBe(choiceBits(1001));
  expect(reportBits(costs, new Uint8Array(1000))).toBe(8000 + choiceBits(1001));
  expect(worstBits(costs)).toBe(5 + 8000 + choiceBits(1001));
  expect(reportBits({ ...costs, reportRoom: null }, new Uint8Array(9))).toBe(0);
});

test('codes cost as little as the sentences that there are', () => {
  const costs: Costs = { scores: 5, code: 5, logs: 'codes', logRoom: 100, reportRoom: null };
  expect(logBits(costs, { prediction: '', scoring: '' })).toBeCloseTo(6.644, 3);
  expect(logBits({ ...costs, logs: 'none' }, { prediction: '', scoring: '' })).toBe(0);
});
