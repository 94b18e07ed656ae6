import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SiteCombination } from '../../bundles/site-rule.ts';
import { type CombinedColumn, type Contribution, combine } from './combine.ts';

const column = (changes: Partial<CombinedColumn> = {}): CombinedColumn => ({
  key: 'score',
  sorting: 'desc',
  precision: 2,
  min: null,
  max: null,
  ...changes,
});
const at = (score: number, weight = 1): Contribution => ({ scores: { score }, weight });

function combined(
  kind: SiteCombination,
  contributions: readonly Contribution[],
  options: { column?: Partial<CombinedColumn>; missing?: number[]; withholds?: boolean } = {},
): number | undefined {
  const { missing = [], withholds = false } = options;
  return combine({ combine: kind }, [column(options.column)], { contributions, missing, withholds }).score;
}

const KINDS = ['mean', 'weighted', 'median', 'worst', 'best'] as const;
const contribution = fc
  .record({
    score: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    weight: fc.integer({ min: 1, max: 1e6 }),
  })
  .map(({ score, weight }) => at(score, weight));
const some = fc.array(contribution, { minLength: 1, maxLength: 8 });

describe('combined scores', () => {
  it.each([
    ['mean', 3],
    ['weighted', 4.875],
    ['median', 2],
    ['worst', 1],
    ['best', 6],
  ] as const)('are the %s', (kind, score) => {
    expect(combined(kind, [at(1), at(6, 6), at(2)])).toBe(score);
  });

  it('take the direction of the column for the worst and the best', () => {
    const column = { sorting: 'asc' } as const;
    expect(combined('worst', [at(1), at(6)], { column })).toBe(6);
    expect(combined('best', [at(1), at(6)], { column })).toBe(1);
  });

  it('lie half-way between the two in the middle for the median of an even number', () => {
    expect(combined('median', [at(4), at(1), at(2), at(9)])).toBe(3);
  });

  it.each(KINDS)('do not depend on the order of the sites: %s', (kind) => {
    fc.assert(
      fc.property(
        some.chain((sites) =>
          fc.tuple(fc.constant(sites), fc.shuffledSubarray(sites, { minLength: sites.length })),
        ),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
        ([sites, shuffled], missing) => {
          expect(combined(kind, shuffled, { missing })).toBe(combined(kind, sites, { missing }));
        },
      ),
    );
  });

  it.each(KINDS)('lie among the scores: %s', (kind) => {
    fc.assert(
      fc.property(some, (sites) => {
        const scores = sites.map(({ scores }) => scores.score!);
        const score = combined(kind, sites)!;
        const slack = 1e-6 * Math.max(1, ...scores.map(Math.abs));
        expect(score).toBeGreaterThanOrEqual(Math.min(...scores) - slack);
        expect(score).toBeLessThanOrEqual(Math.max(...scores) + slack);
      }),
    );
  });

  it('of equal weights are the mean', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }),
        (scores) => {
          const weighted = combined(
            'weighted',
            scores.map((score) => at(score, 7)),
          )!;
          expect(weighted).toBeCloseTo(
            combined(
              'mean',
              scores.map((score) => at(score)),
            )!,
            9,
          );
        },
      ),
    );
  });
});

describe('missing sites', () => {
  it('count with the worst end of the declared range', () => {
    const column = { min: 0, max: 1 };
    expect(combined('mean', [at(1), at(1)], { column, missing: [1, 1] })).toBe(0.5);
    expect(combined('mean', [at(0)], { column: { ...column, sorting: 'asc' }, missing: [1] })).toBe(0.5);
  });

  it('count with the worst of the others where that end is open', () => {
    expect(combined('mean', [at(1), at(4)], { missing: [1] })).toBe(2);
    expect(combined('mean', [at(1), at(4)], { missing: [1], column: { sorting: 'asc' } })).toBe(3);
  });
});

describe('where a site withholds its scores', () => {
  it('what is not shown is rounded off', () => {
    expect(combined('mean', [at(0.1), at(0.2), at(0.2)], { withholds: true })).toBe(0.17);
  });

  it('a column that one of them lacks is left out, as it would tell the others apart', () => {
    const sites = [at(1), at(2), { scores: {}, weight: 1 }];
    expect(combined('mean', sites, { withholds: true })).toBeUndefined();
    expect(combined('mean', sites)).toBe(1.5);
  });
});
