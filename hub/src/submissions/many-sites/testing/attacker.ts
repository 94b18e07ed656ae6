/** A combined score that was shown, and how it comes from the scores of the sites. */
export interface Statement {
  /** Equal for statements that say the same. */
  readonly key: string;
  readonly value: number | undefined;
  combination(scoreOf: (site: number) => number): number | undefined;
}

/** The scores that an attacker holds possible. */
const GRID = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/**
 * Sites that withhold their score and whose score follows from the statements: it is the same in every set of scores that fits them all. The
 * attacker knows the scores of sites that share theirs, and tries everything for the others, which finds whatever algebra finds.
 *
 * @param shares by site, whether it shares
 * @param truth the scores
 */
export function solvedSites(
  statements: readonly Statement[],
  shares: readonly boolean[],
  truth: readonly number[],
): number[] {
  const distinct = [...new Map(statements.map((statement) => [statement.key, statement])).values()];
  const hidden = [...shares.keys()].filter((site) => !shares[site]);
  const possible = new Map(hidden.map((site) => [site, new Set<number>()]));
  const guess = [...truth];
  const tryAll = (index: number): void => {
    const site = hidden[index];
    if (site === undefined) {
      const fits = distinct.every(
        ({ value, combination }) => combination((other) => guess[other]!) === value,
      );
      if (fits) for (const each of hidden) possible.get(each)!.add(guess[each]!);
      return;
    }
    for (const score of GRID) {
      guess[site] = score;
      tryAll(index + 1);
    }
  };
  tryAll(0);
  return hidden.filter((site) => possible.get(site)!.size === 1);
}
