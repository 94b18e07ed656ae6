import { describe, expect, test } from 'vitest';
import { DEFAULT_SITE_RULE } from './site-rule.ts';
import { brief, minimalYaml, readYamlBundle } from './testing/bundle.ts';

const task = (keys: string) =>
  readYamlBundle(minimalYaml.replace('name: Predict', `name: Predict\n    site_data: ${keys}`));
const rule = (keys: string) => task(`{dataset: ward@1, ${keys}}`);

describe('a task combines its sites', () => {
  test.each([
    ['ward@1', {}],
    ['{dataset: ward@1}', {}],
    ['{dataset: ward@1, sites: all}', {}],
    ['{dataset: ward@1, sites: [north, south-2], quorum: 1}', { sites: ['north', 'south-2'], quorum: 1 }],
    ['{dataset: ward@1, combine: median, min_sites: 4}', { combine: 'median', minSites: 4 }],
    ['{dataset: ward@1, combine: weighted, weight: patients}', { combine: 'weighted', weight: 'patients' }],
    ['{dataset: ward@1, missing: worst, per_site: hidden}', { missing: 'worst', perSite: 'hidden' }],
    ['{dataset: ward@1, missing: wait, combine: best}', { missing: 'wait', combine: 'best' }],
  ])('%s', async (written, changes) => {
    const { bundle, problems, notes } = await task(written);
    expect(brief([...problems, ...notes])).toEqual([]);
    expect(bundle?.tasks[0]).toMatchObject({
      siteData: { name: 'ward', version: '1', rule: { ...DEFAULT_SITE_RULE, ...changes } },
    });
  });

  const at = 'tasks[0].site_data';
  test.each([
    ['combine: average', [`unknown_choice ${at}.combine`]],
    ['missing: zero', [`unknown_choice ${at}.missing`]],
    ['per_site: maybe', [`unknown_choice ${at}.per_site`]],
    ['quorum: 0', [`number_out_of_range ${at}.quorum`]],
    ['min_sites: some', [`not_an_integer ${at}.min_sites`]],
    ['combine: weighted', [`weight_missing ${at}.weight`]],
    ['weight: patients', [`weight_unused ${at}.weight`]],
    ['sites: []', [`sites_empty ${at}.sites`]],
    ['sites: everywhere', [`not_a_list ${at}.sites`]],
    ['sites: [North]', [`site_name_malformed ${at}.sites[0]`]],
    ['sites: [north, north]', [`site_repeated ${at}.sites[1]`]],
    ['sites: [north, south], quorum: 3', [`more_sites_than_listed ${at}.quorum`]],
    ['sites: [north, south], min_sites: 3', [`more_sites_than_listed ${at}.min_sites`]],
    ['quorum: 2, missing: wait', [`quorum_contradicts_missing ${at}.quorum`]],
    ['quorum: 0, combine: weighted', [`number_out_of_range ${at}.quorum`, `weight_missing ${at}.weight`]],
  ])('not by %s, and every problem is told at once', async (keys, expected) => {
    const { bundle, problems } = await rule(keys);
    expect(bundle).toBeNull();
    expect(brief(problems)).toEqual(expected);
    for (const { cure } of problems) expect(cure).not.toBe('');
  });
});
