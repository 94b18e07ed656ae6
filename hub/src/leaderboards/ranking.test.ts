import { describe, expect, it } from 'vitest';
import { compareSortKeys, computeColumns, type RankingColumn, sortKey, toDecimal } from './ranking.ts';

/** Ids are 100 + index, so that the tests notice when one is taken for the other. */
function column(index: number, rest: Partial<RankingColumn> = {}): RankingColumn {
  return {
    id: 100 + index,
    index,
    sorting: 'desc',
    hidden: false,
    computation: null,
    computationIndexes: null,
    computationWeights: null,
    ...rest,
  };
}

const scores = (...values: (number | null)[]) =>
  new Map(values.flatMap((value, index) => (value === null ? [] : [[100 + index, value] as const])));

describe('what is stored', () => {
  it.each([
    [1 / 3, '0.3333333333'],
    [2 / 3, '0.6666666667'],
    [1 / 2048, '0.0004882812'],
    [3 / 2048, '0.0014648438'],
    [-1 / 2048, '-0.0004882812'],
    [1e6 + 5 / 2048, '1000000.0024414062'],
    [1 / 1024, '0.0009765625'],
    [1 / 4096, '0.0002441406'],
    [9_999_999_999.5, '9999999999.5000000000'],
  ])('%d has ten decimals, ties going to the even one', (value, stored) => {
    expect(toDecimal(value)).toBe(stored);
  });
});

describe('computed columns', () => {
  const board = (computation: RankingColumn['computation']) => [
    column(0),
    column(1),
    column(2, { computation, computationIndexes: [0, 1] }),
  ];

  it.each([
    ['avg', 0.4],
    ['sum', 0.8],
    ['min', 0.2],
    ['max', 0.6],
  ] as const)('%s of two scores is %d', (computation, expected) => {
    expect(computeColumns(board(computation), scores(0.2, 0.6)).get(102)).toBe(expected);
  });

  it.each([
    ['avg', [1, 0.3333333333], 0.6666666666],
    ['avg', [0.0000000001, 0.0000000002], 0.0000000002],
    ['avg', [0.0000000002, 0.0000000003], 0.0000000002],
    ['avg', [-0.0000000001, -0.0000000002], -0.0000000002],
    ['avg', [0.8514285714, 0.7281067811], 0.7897676762],
    ['sum', [0.1, 0.2], 0.3],
    ['sum', [9_999_999_999.5, 0.25], 9_999_999_999.75],
    ['avg', [-2, 1], -0.5],
  ] as const)('%s of %j is exact before it is rounded', (computation, inputs, expected) => {
    expect(computeColumns(board(computation), scores(...inputs)).get(102)).toBe(expected);
  });

  it('take the scores that are present', () => {
    expect(computeColumns(board('avg'), scores(null, 0.6)).get(102)).toBe(0.6);
  });

  it('are missing when nothing is present', () => {
    expect(computeColumns(board('avg'), scores()).has(102)).toBe(false);
  });

  it('win over what the scoring program wrote in their place', () => {
    expect(computeColumns(board('sum'), scores(1, 2, 99)).get(102)).toBe(3);
  });

  it('may build on later computed columns', () => {
    const columns = [
      column(0, { computation: 'max', computationIndexes: [2] }),
      column(1),
      column(2, { computation: 'sum', computationIndexes: [1, 1] }),
    ];
    expect(computeColumns(columns, scores(null, 4)).get(100)).toBe(8);
  });

  it('that depend on each other are missing', () => {
    const columns = [
      column(0, { computation: 'max', computationIndexes: [1] }),
      column(1, { computation: 'max', computationIndexes: [0] }),
    ];
    expect(computeColumns(columns, scores()).size).toBe(0);
  });
});

describe('the sort key', () => {
  it('puts the primary column first and the other visible ones after it by index', () => {
    const columns = [column(2), column(0), column(1), column(3, { hidden: true })];
    expect(sortKey(columns, 1, scores(10, 20, 30, 40))).toEqual([
      '-20.0000000000',
      '-10.0000000000',
      '-30.0000000000',
    ]);
  });

  it('ranks on a primary column that is hidden', () => {
    expect(sortKey([column(0, { hidden: true })], 0, scores(1))).toEqual(['-1.0000000000']);
  });

  it('keeps ten decimals', () => {
    expect(sortKey([column(0, { sorting: 'asc' })], 0, scores(0.12345678901))).toEqual(['0.1234567890']);
  });

  it.each(['asc', 'desc'] as const)('puts missing scores last when the order is %s', (sorting) => {
    const key = (values: Map<number, number>) => sortKey([column(0, { sorting })], 0, values);
    expect(compareSortKeys(key(scores(-9e9)), key(scores()))).toBe(-1);
    expect(compareSortKeys(key(scores(9e9)), key(scores()))).toBe(-1);
  });

  it('compares equal for scores that differ past the tenth decimal', () => {
    const key = (value: number) => sortKey([column(0)], 0, scores(value));
    expect(compareSortKeys(key(0.1 + 0.2), key(0.3))).toBe(0);
  });

  it('lets a later column decide when the primary one ties', () => {
    const columns = [column(0), column(1, { sorting: 'asc' })];
    const key = (...values: number[]) => sortKey(columns, 0, scores(...values));
    expect(compareSortKeys(key(1, 5), key(1, 7))).toBe(-1);
  });
});
