import { expect, test } from 'vitest';
import { DEFAULT_SITE_RULE, type SiteRule } from '../bundles/site-rule.ts';
import { siteRuleInput } from './site-rule.ts';

const wrong = (rule: Partial<SiteRule>) =>
  siteRuleInput
    .safeParse({ ...DEFAULT_SITE_RULE, ...rule })
    .error?.issues.map(({ path }) => path.join('.')) ?? [];

test('a rule that says what a bundle could say is taken', () => {
  expect(wrong({})).toEqual([]);
  expect(wrong({ sites: ['east', 'north@other-hub'], quorum: 2, minSites: 2 })).toEqual([]);
  expect(wrong({ combine: 'weighted', weight: 'patients' })).toEqual([]);
});

test('one that contradicts itself is refused at the field that does', () => {
  expect(wrong({ sites: [] })).toEqual(['sites']);
  expect(wrong({ sites: ['East!'] })).toEqual(['sites.0']);
  expect(wrong({ sites: ['east', 'east'] })).toEqual(['sites']);
  expect(wrong({ sites: ['east'], quorum: 2, minSites: 3 })).toEqual(['quorum', 'minSites']);
  expect(wrong({ quorum: 2, missing: 'wait' })).toEqual(['quorum']);
  expect(wrong({ combine: 'weighted' })).toEqual(['weight']);
  expect(wrong({ weight: 'patients' })).toEqual(['weight']);
});
