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
  ['half of a letter as a key', '{"accuracy": 0.5, "\\ud800": 1}', RefusalCode.RELEASE],
  ['half of a letter behind a key', '{"accuracy\\udfff": 0.5}', RefusalCode.RELEASE],
  ['a letter that is composed in another way', '{"\u0430ccuracy": 0.5}', RefusalCode.RELEASE],
  ['a character that ends a string in C', '{"accuracy\\u0000": 0.5}', RefusalCode.RELEASE],
  ['a character that cannot be seen', '{"accuracy\u200b": 0.5}', RefusalCode.RELEASE],
  ['a key of the length of a message', `{"${'x'.repeat(60_000)}": 0.5}`, RefusalCode.RELEASE],
  ['the prototype as a key', '{"__proto__": 0.5}', RefusalCode.RELEASE],
  ['white space that JSON does not know', '{"accuracy":\u00a00.5}', RefusalCode.RELEASE],
  ['a plus sign', '{"accuracy": +0.5}', RefusalCode.RELEASE],
  ['digits of another base', '{"accuracy": 0x1}', RefusalCode.RELEASE],
  ['digits of another script', '{"accuracy": \u0661}', RefusalCode.RELEASE],
  ['a zero in front', '{"accuracy": 00.5}', RefusalCode.RELEASE],
  ['a number for a file', '0.5', RefusalCode.RELEASE],
])('next to data of the site %s refuses the release', (_, text, code) => {
  expect(codeOf(gate(text))).toBe(code);
});

test.each([
  '0.5',
  '5e-1',
  '0.50000',
  '50E-2',
  '0.49999999999999999',
  '0.500000000000000000000000001',
  `0.5${'0'.repeat(60_000)}`,
  `5${'0'.repeat(300)}e-301`,
])('however a number is written (%#), the same leaves', (number) => {
  expect(JSON.stringify(gate(`{"accuracy": ${number}}`))).toBe(JSON.stringify(gate('{"accuracy": 0.5}')));
});

test.each(['0', '-0', '-0.0', '0e9', '1e-400', '-1e-400', '-0.00000000000000000001e-400'])(
  'of %s a nothing without a sign leaves, with digits or without',
  (number) => {
    for (const decimals of [null, 4]) {
      const release = gate(`{"accuracy": ${number}}`, { columns: [column('accuracy', { decimals })] });
      expect(release).toEqual({ kind: 'released', values: { accuracy: 0 } });
      if (release.kind === 'released') expect(Object.is(release.values.accuracy, 0)).toBe(true);
    }
  },
);

test('numbers that are next to nothing are nothing once they are rounded, whatever their sign', () => {
  const columns = [column('accuracy', { decimals: 3, range: [0, 1] })];
  for (const number of ['5e-324', '-5e-324', '-0.0004999', '0.0004999']) {
    const release = gate(`{"accuracy": ${number}}`, { columns });
    expect(release.kind === 'released' && Object.is(release.values.accuracy, 0)).toBe(true);
  }
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
