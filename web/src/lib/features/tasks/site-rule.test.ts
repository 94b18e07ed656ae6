import { expect, test } from 'vitest';
import { fromForm, ruleInWords, type SiteRule, toForm } from './site-rule.ts';

const rule: SiteRule = {
  sites: ['east', 'north@other'],
  quorum: 2,
  minSites: 2,
  combine: 'weighted',
  weight: 'patients',
  missing: 'ignore',
  perSite: 'hidden',
};

test('a rule is the same after it was in a form', () => {
  expect(fromForm(toForm('ward@1.2', rule))).toEqual({
    siteDataset: { name: 'ward', version: '1.2' },
    siteRule: rule,
  });
});

test('what is left empty asks all sites, waits for all, and weighs by nothing', () => {
  const emptied = { ...toForm('ward@1', rule), sites: ' \n', quorum: '', combine: 'median' } as const;
  expect(fromForm(emptied).siteRule).toMatchObject({
    sites: null,
    quorum: null,
    combine: 'median',
    weight: null,
  });
});

test('a rule is told in words', () => {
  expect(ruleInWords(rule)).toBe(
    'Asked are east, north@other; 2 are enough, and with fewer than 2 there is no score. The score is the mean weighted by patients; a site without one is left out. Scores of single sites are for organizers alone.',
  );
});
