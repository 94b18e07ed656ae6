import { create } from '@bufbuild/protobuf';
import { RefusalCode, ScoreColumnSchema, ScoreType } from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import { EGRESS_DEFAULTS, type EgressRules } from '../policy/egress-rules.ts';
import { permittedColumns } from './columns.ts';

const open: EgressRules['scores'] = EGRESS_DEFAULTS.hub_data.scores;
const auc = create(ScoreColumnSchema, { key: 'auc', min: 0, max: 1, decimals: 3, minCases: 5 });

function permitted(rules: Partial<EgressRules['scores']>, declared = [auc]) {
  return permittedColumns(declared, { ...open, ...rules });
}

test('what the competition declares', () => {
  expect(permitted({})).toEqual({
    kind: 'columns',
    columns: [{ key: 'auc', type: 'decimal', range: [0, 1], decimals: 3, minCases: 5 }],
  });
});

test.each([
  [{ decimals: 2 }, { decimals: 2 }],
  [{ decimals: 9 }, { decimals: 3 }],
  [{ minCases: 10 }, { minCases: 10 }],
  [{ minCases: 1 }, { minCases: 5 }],
  [{ columns: { auc: { range: [0.5, 2] } } }, { range: [0.5, 1] }],
  [{ columns: { auc: { decimals: 1, minCases: 7 } } }, { decimals: 1, minCases: 7 }],
  [{ columns: { auc: { type: 'integer' } } }, { type: 'integer', decimals: 0 }],
] as const)('of the rules %j the stricter ones count', (rules, stricter) => {
  expect(permitted(rules)).toMatchObject({ columns: [stricter] });
});

test('digits without end are cut down to what a double can tell', () => {
  const endless = create(ScoreColumnSchema, { ...auc, decimals: 2 ** 32 - 1 });
  expect(permitted({}, [endless])).toMatchObject({ columns: [{ decimals: 20 }] });
});

test('a range that the competition leaves open the site can close', () => {
  const half = create(ScoreColumnSchema, { key: 'auc', min: 0, type: ScoreType.INTEGER });
  expect(permitted({}, [half])).toMatchObject({ columns: [{ range: null }] });
  expect(permitted({ columns: { auc: { range: [-5, 5] } } }, [half])).toMatchObject({
    columns: [{ range: [0, 5], type: 'integer' }],
  });
});

test.each([
  ['more columns than may leave', { most: 0 }, RefusalCode.RELEASE],
  ['a column that the site does not know', { columns: { f1: {} } }, RefusalCode.RELEASE],
  ['a name of the prototype', { columns: {} }, RefusalCode.RELEASE],
  ['ranges that have nothing in common', { columns: { auc: { range: [2, 3] } } }, RefusalCode.SCORE_RANGE],
] as const)('%s is refused beforehand', (_, rules, code) => {
  expect(permitted(rules)).toMatchObject({ kind: 'refused', code });
});

test('a column without a range is refused where ranges are demanded', () => {
  const bare = create(ScoreColumnSchema, { key: 'auc', max: 1 });
  expect(permitted({ requireRange: true }, [bare])).toMatchObject({ code: RefusalCode.SCORE_RANGE });
  expect(permitted({ requireRange: true })).toMatchObject({ kind: 'columns' });
});
