import type { SiteRule } from '../../bundles/site-rule.ts';
import { FEWEST_SITES } from './disclosure.ts';

const COMBINED: Readonly<Record<SiteRule['combine'], (rule: SiteRule) => string>> = {
  mean: () => 'the mean over the sites',
  weighted: ({ weight }) => `the mean over the sites, each weighing as much as it has ${weight}`,
  median: () => 'the median of the sites',
  worst: () => 'that of the worst site',
  best: () => 'that of the best site',
};

const MISSING: Readonly<Record<SiteRule['missing'], string>> = {
  ignore: 'A site without a score is left out.',
  worst: 'A site without a score counts as the worst.',
  wait: 'Without the scores of all sites there is none.',
};

/**
 * What participants should know of how a task combines the scores of its sites.
 * @param asked the sites that it asks at present
 */
export function ruleInWords(rule: SiteRule, asked: readonly { readonly sharesScores: boolean }[]): string {
  const needed = Math.max(rule.quorum ?? 1, rule.minSites);
  const parts = [`The score is ${COMBINED[rule.combine](rule)}.`];
  if (rule.quorum !== null) parts.push(`It stands from ${sites(needed)} on; later ones update it.`);
  else if (needed > 1) parts.push(`It takes at least ${sites(needed)}.`);
  parts.push(MISSING[rule.missing]);
  if (asked.length > 1 && asked.length < FEWEST_SITES && asked.some(({ sharesScores }) => !sharesScores)) {
    parts.push(
      `At present no score can be shown: with fewer than ${FEWEST_SITES} sites it would reveal what one of them keeps to itself.`,
    );
  }
  return parts.join(' ');
}

function sites(count: number): string {
  return count === 1 ? 'one site' : `${count} sites`;
}
