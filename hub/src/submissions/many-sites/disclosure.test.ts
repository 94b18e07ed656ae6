import { describe, expect, it } from 'vitest';
import { DEFAULT_SITE_RULE, type SiteRule } from '../../bundles/site-rule.ts';
import { type CombinedColumn, combine } from './combine.ts';
import { nextMembers, type SiteRun, stepsOf } from './standing.ts';
import { type Statement, solvedSites } from './testing/attacker.ts';

const COLUMNS: CombinedColumn[] = [{ key: 'score', sorting: 'desc', precision: 2, min: 0, max: 1 }];
/** Away from the ends of the range, since a mean at an end gives all of its summands away. */
const SCORES = [0.4, 0.6, 0.3, 0.5];
const WEIGHTS = [120, 80, 210, 100];

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, place) =>
    permutations(items.toSpliced(place, 1)).map((rest) => [item, ...rest]),
  );
}

function freshRuns(shares: readonly boolean[], pending: SiteRun['state']): SiteRun[] {
  return shares.map((sharesScores, index) => ({
    runId: index,
    siteId: index,
    siteTitle: `Site ${index}`,
    state: pending,
    scores: null,
    sharesScores,
    siteWeight: WEIGHTS[index]!,
    combinedAt: null,
  }));
}

/** One submission: its sites end in the given order, and what is shown is noted. */
function play(
  rule: SiteRule,
  shares: readonly boolean[],
  order: readonly { site: number; fails: boolean }[],
  pending: SiteRun['state'],
  earlier: ReturnType<typeof stepsOf> = [],
): { statements: Statement[]; shown: ReturnType<typeof stepsOf> } {
  let runs = freshRuns(shares, pending);
  const statements: Statement[] = [];
  for (const [moment, { site, fails }] of order.entries()) {
    runs = runs.map((run) =>
      run.siteId !== site
        ? run
        : { ...run, state: fails ? 'failed' : 'finished', scores: fails ? null : { score: SCORES[site]! } },
    );
    const chosen = new Set(nextMembers(rule, runs, earlier).map(({ runId }) => runId));
    runs = runs.map((run) => (chosen.has(run.runId) ? { ...run, combinedAt: moment } : run));
    const inside = runs.filter(({ combinedAt }) => combinedAt !== null);
    if (inside.length === 0) continue;
    const isOver = runs.every(({ state }) => state !== pending);
    const missing =
      rule.missing === 'worst' && isOver
        ? runs.filter(({ combinedAt }) => combinedAt === null).map(({ siteId }) => siteId)
        : [];
    const combination = (scoreOf: (site: number) => number) =>
      combine(rule, COLUMNS, {
        contributions: inside.map(({ siteId, siteWeight }) => ({
          scores: { score: scoreOf(siteId) },
          weight: rule.combine === 'weighted' ? (siteWeight ?? 0) : 1,
        })),
        missing: missing.map((site) => (rule.combine === 'weighted' ? WEIGHTS[site]! : 1)),
        withholds: inside.some(({ sharesScores }) => !sharesScores),
      }).score;
    const key = `${inside.map(({ siteId }) => siteId).join('')}+${missing.join('')}`;
    statements.push({ key, value: combination((site) => SCORES[site]!), combination });
  }
  return { statements, shown: stepsOf(rule, runs) };
}

const RULES: SiteRule[] = (['mean', 'weighted', 'median', 'worst', 'best'] as const).flatMap((combine) =>
  (['ignore', 'worst'] as const).flatMap((missing) =>
    [null, 2, 3].map((quorum) => ({ ...DEFAULT_SITE_RULE, combine, missing, quorum })),
  ),
);

const PATTERNS = [2, 3, 4].flatMap((sites) =>
  Array.from({ length: 2 ** sites }, (_, bits) =>
    Array.from({ length: sites }, (_, site) => (bits & (1 << site)) !== 0),
  ),
);

describe('nobody who sees everything that is ever shown solves for the score of a site that withholds it', () => {
  const solved = new Map<string, number[]>();
  const solve = (rule: SiteRule, shares: readonly boolean[], statements: readonly Statement[]): number[] => {
    const key = JSON.stringify([rule.combine, shares, statements.map(({ key }) => key).sort()]);
    const found = solved.get(key) ?? solvedSites(statements, shares, SCORES);
    solved.set(key, found);
    return found;
  };

  it.each(RULES)('of one submission: $combine, missing $missing, quorum $quorum', (rule) => {
    let shown = 0;
    for (const shares of PATTERNS) {
      for (const order of permutations([...shares.keys()])) {
        for (const pending of ['queued', 'scoring'] as const) {
          for (const failing of [null, ...order]) {
            const ends = order.map((site) => ({ site, fails: site === failing }));
            const { statements } = play(rule, shares, ends, pending);
            shown += statements.length;
            expect(solve(rule, shares, statements), JSON.stringify({ shares, ends, statements })).toEqual([]);
          }
        }
      }
    }
    expect(shown, 'something was shown at all').toBeGreaterThan(0);
  });

  it.each(RULES.filter(({ quorum }) => quorum !== 2))(
    'of two submissions of the same program: $combine, missing $missing, quorum $quorum',
    (rule) => {
      for (const shares of PATTERNS.filter(({ length }) => length === 4)) {
        const orders = permutations([...shares.keys()]).flatMap((order) => [
          order.map((site) => ({ site, fails: false })),
          order.map((site, place) => ({ site, fails: place === 0 })),
          order.slice(0, 3).map((site) => ({ site, fails: false })),
        ]);
        const firsts = new Map(
          orders.map((order) => {
            const first = play(rule, shares, order, 'queued');
            return [JSON.stringify(first.shown), first] as const;
          }),
        );
        for (const first of firsts.values()) {
          for (const order of orders) {
            const second = play(rule, shares, order, 'queued', first.shown);
            const statements = [...first.statements, ...second.statements];
            expect(solve(rule, shares, statements), JSON.stringify({ shares, order, statements })).toEqual(
              [],
            );
          }
        }
      }
    },
  );

  it('the attacker does solve what is not held back', () => {
    const of = (...sites: number[]): Statement => {
      const combination = (scoreOf: (site: number) => number) =>
        sites.map(scoreOf).reduce((sum, score) => sum + score, 0) / sites.length;
      return { key: sites.join(), value: combination((site) => SCORES[site]!), combination };
    };
    const hidden = [false, false, false, false];
    expect(solvedSites([of(0, 1, 2), of(0, 1, 2, 3)], hidden, SCORES)).toEqual([3]);
    expect(solvedSites([of(0, 1)], [true, false], SCORES)).toEqual([1]);
  });
});
