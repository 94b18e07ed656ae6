import { expect, test } from 'vitest';
import type { Draft } from './draft.ts';
import { digestOf, piecesOf, redact } from './review.ts';

const draft: Draft = {
  account: { submitter: '1@hub', datasets: ['sepsis@1'] },
  result: { kind: 'scores', values: { auc: 0.5, f1: 0.25 } },
  logs: { prediction: 'patient 7 came late\n', scoring: '' },
  report: Buffer.from('<p>report</p>').toString('base64'),
  key: 'key',
  costs: null,
  review: { scores: true, logs: true, report: true },
  bucketSeconds: null,
  imageDigest: '',
  datasetDigest: null,
};

const digestOfPiece = (part: string) => digestOf(piecesOf(draft).find((piece) => piece.part === part)!.bytes);
const instead = (part: string, text: string) => new Map([[digestOfPiece(part), Buffer.from(text)]]);

test('a person sees the very bytes, and nothing that is empty or needs no review', () => {
  const pieces = piecesOf(draft).map(({ kind, bytes }) => [kind, bytes.toString()]);
  expect(pieces).toEqual([
    ['scores', '{"auc":0.5,"f1":0.25}'],
    ['logs', 'patient 7 came late\n'],
    ['report', '<p>report</p>'],
  ]);
  expect(piecesOf({ ...draft, review: { scores: false, logs: false, report: false } })).toEqual([]);
});

test('scores can be taken out, text can be cut', () => {
  expect(redact(draft, instead('scores', '{"f1": 0.25}'))?.result).toEqual({
    kind: 'scores',
    values: { f1: 0.25 },
  });
  expect(redact(draft, instead('prediction', 'came late\n'))?.logs.prediction).toBe('came late\n');
  const report = redact(draft, instead('report', '<p></p>'))?.report;
  expect(Buffer.from(report ?? '', 'base64').toString()).toBe('<p></p>');
});

test.each([
  ['scores', '{"auc": 0.6}'],
  ['scores', '{"other": 0.5}'],
  ['scores', 'not JSON'],
  ['prediction', 'patient 7 came late, and again\n'],
  ['report', '<p>report and more</p>'],
])('nothing can be put into %s: %s', (part, text) => {
  expect(redact(draft, instead(part, text))).toBeNull();
});

test('another order of the scores is no way to say something', () => {
  const values = redact(draft, instead('scores', '{"f1":0.25,"auc":0.5}'))?.result;
  expect(JSON.stringify(values)).toBe(JSON.stringify(draft.result));
});
