import { FailureCode, RefusalCode } from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import { casesIn } from './cases.ts';
import type { Column } from './columns.ts';
import { releaseScores, type ScoreRelease } from './gate.ts';
import { scoresInJson } from './written-scores.ts';

const plain: Column = { key: '', type: 'decimal', range: null, decimals: null, minCases: 0 };

function column(key: string, rules: Partial<Column> = {}): Column {
  return { ...plain, key, ...rules };
}

interface Changes {
  readonly columns?: readonly Column[];
  readonly cases?: string;
  readonly siteData?: boolean;
}

/** What becomes of a file of scores. */
function gate(text: string, { columns, cases = '0', siteData = true }: Changes = {}): ScoreRelease {
  const written = scoresInJson(text);
  if (written.kind === 'failed') return written;
  if (written.kind === 'refused') return { ...written, rule: 'scores' };
  return releaseScores(written.scores, {
    columns: columns ?? [column('accuracy'), column('duration')],
    cases: casesIn(cases),
    siteData,
  });
}

const codeOf = (release: ScoreRelease) => (release.kind === 'released' ? null : release.code);

test('declared, finite scores pass, and those that are missing or null are no problem', () => {
  expect(gate('{"accuracy": 0.91, "duration": -9999999999.9}')).toEqual({
    kind: 'released',
    values: { accuracy: 0.91, duration: -9999999999.9 },
  });
  expect(gate('{"duration": null}')).toEqual({ kind: 'released', values: {} });
});

test.each([
  ['an unknown key', '{"accuracy": 0.5, "patient_17": 1}', RefusalCode.RELEASE],
  ['an unknown key without a value', '{"patient_17": null}', RefusalCode.RELEASE],
  ['a name of the prototype', '{"constructor": 1}', RefusalCode.RELEASE],
  ['a key that comes twice', '{"accuracy": 0.5, "accuracy": 0.6}', RefusalCode.RELEASE],
  [
    'a key that comes twice, spelled differently',
    '{"accuracy": 0.5, "\\u0061ccuracy": 0.6}',
    RefusalCode.RELEASE,
  ],
  ['a list', '[0.5]', RefusalCode.RELEASE],
  ['what is no JSON', '{"accuracy": 0.5,}', RefusalCode.RELEASE],
  ['something behind the object', '{"accuracy": 0.5} {}', RefusalCode.RELEASE],
  ['a comment', '{"accuracy": 0.5 /* 17 */}', RefusalCode.RELEASE],
  ['text', '{"accuracy": "0.5"}', RefusalCode.SCORE_TYPE],
  ['a truth value', '{"accuracy": true}', RefusalCode.SCORE_TYPE],
  ['an object', '{"accuracy": {"a": 1}}', RefusalCode.SCORE_TYPE],
  ['NaN', '{"accuracy": NaN}', RefusalCode.SCORE_RANGE],
  ['-Infinity', '{"accuracy": -Infinity}', RefusalCode.SCORE_RANGE],
  ['infinity in digits', '{"accuracy": 1e999}', RefusalCode.SCORE_RANGE],
  ['a message in a number', '{"accuracy": 10000000000}', RefusalCode.SCORE_RANGE],
])('next to data of the site %s refuses the release', (_, text, code) => {
  expect(codeOf(gate(text))).toBe(code);
});

test('next to data of the hub an unknown key is dropped, and what is too large is the organizer’s fault', () => {
  expect(gate('{"accuracy": 0.5, "other": 1}', { siteData: false })).toEqual({
    kind: 'released',
    values: { accuracy: 0.5 },
  });
  expect(codeOf(gate('{"accuracy": 1e10}', { siteData: false }))).toBe(FailureCode.SCORES_OUT_OF_RANGE);
});

test.each([
  [0.123449, 0.1234],
  [0.12345, 0.1235],
  [-0.12345, -0.1235],
  [-0.00001, 0],
  [1.0000000000000002, 1],
  [0.99996, 1],
])('%s leaves as %s', (score, rounded) => {
  const columns = [column('accuracy', { decimals: 4, range: [-1, 1] })];
  const release = gate(`{"accuracy": ${score}}`, { columns });
  expect(release).toEqual({ kind: 'released', values: { accuracy: rounded } });
  if (release.kind === 'released') expect(Object.is(release.values.accuracy, -0)).toBe(false);
});

test('a score outside of its range, after rounding, refuses the release', () => {
  const columns = [column('accuracy', { decimals: 2, range: [0, 1] })];
  expect(codeOf(gate('{"accuracy": 1.004}', { columns }))).toBeNull();
  expect(codeOf(gate('{"accuracy": 1.005}', { columns }))).toBe(RefusalCode.SCORE_RANGE);
  expect(codeOf(gate('{"accuracy": -0.01}', { columns }))).toBe(RefusalCode.SCORE_RANGE);
});

test('an integer is an integer before it is rounded', () => {
  const columns = [column('n', { type: 'integer', decimals: 0, range: [0, 10] })];
  expect(codeOf(gate('{"n": 3.0}', { columns }))).toBeNull();
  expect(codeOf(gate('{"n": 3.1}', { columns }))).toBe(RefusalCode.SCORE_TYPE);
});

test.each([
  ['10', null],
  ['9', RefusalCode.SCORE_CASES],
  ['{"accuracy": 10}', null],
  ['{"accuracy": 9}', RefusalCode.SCORE_CASES],
  ['{"duration": 10}', RefusalCode.SCORE_CASES],
  ['{"accuracy": 10.5}', RefusalCode.SCORE_CASES],
  ['{"accuracy": "10"}', RefusalCode.SCORE_CASES],
  ['{"accuracy": 1e400}', RefusalCode.SCORE_CASES],
  ['not JSON', RefusalCode.SCORE_CASES],
])('with cases.json holding %j and ten cases demanded', (cases, code) => {
  const columns = [column('accuracy', { minCases: 10 })];
  expect(codeOf(gate('{"accuracy": 0.5}', { columns, cases }))).toBe(code);
});
