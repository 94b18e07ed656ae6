import type { TaskDetails } from '#lib/api/types.ts';

export type SiteRule = NonNullable<TaskDetails['siteRule']>;

/** As a form has it: numbers and lists are texts. */
export interface SiteRuleForm extends Pick<SiteRule, 'combine' | 'missing' | 'perSite'> {
  dataset: string;
  sites: string;
  quorum: string;
  minSites: string;
  weight: string;
}

export const combinations: { value: SiteRule['combine']; label: string }[] = [
  { value: 'mean', label: 'their mean' },
  { value: 'weighted', label: 'their weighted mean' },
  { value: 'median', label: 'their median' },
  { value: 'worst', label: 'the worst' },
  { value: 'best', label: 'the best' },
];

export const missingSites: { value: SiteRule['missing']; label: string }[] = [
  { value: 'ignore', label: 'is left out' },
  { value: 'worst', label: 'counts with the worst score' },
  { value: 'wait', label: 'keeps the score waiting' },
];

export const perSite: { value: SiteRule['perSite']; label: string }[] = [
  { value: 'shown', label: 'shown, where sites share them' },
  { value: 'hidden', label: 'for organizers alone' },
];

export function toForm(dataset: string, rule: SiteRule): SiteRuleForm {
  const { sites, quorum, minSites, weight, ...chosen } = rule;
  return {
    ...chosen,
    dataset,
    sites: sites?.join('\n') ?? '',
    quorum: quorum?.toString() ?? '',
    minSites: String(minSites),
    weight: weight ?? '',
  };
}

/** What the form asks for. Inputs of numbers give numbers, whatever their type says. */
export function fromForm(form: SiteRuleForm) {
  const { dataset, sites, quorum, minSites, weight, ...chosen } = form;
  const names = sites.split(/[\s,]+/).filter((name) => name !== '');
  const [name = '', version = ''] = dataset.trim().split('@');
  const siteRule: SiteRule = {
    ...chosen,
    sites: names.length > 0 ? names : null,
    quorum: toNumber(quorum),
    minSites: toNumber(minSites) ?? 1,
    weight: chosen.combine === 'weighted' ? weight.trim() : null,
  };
  return { siteDataset: { name, version }, siteRule };
}

function toNumber(text: string | number | null): number | null {
  return text === null || text === '' ? null : Number(text);
}

/** One sentence for people who look at the task. */
export function ruleInWords({
  sites,
  quorum,
  minSites,
  combine,
  weight,
  missing,
  perSite,
}: SiteRule): string {
  const asked = sites === null ? 'All sites that hold the data are asked' : `Asked are ${sites.join(', ')}`;
  const enough = quorum === null ? 'all are waited for' : `${quorum} are enough`;
  const fewest = minSites > 1 ? `, and with fewer than ${minSites} there is no score` : '';
  const by = combine === 'weighted' ? `the mean weighted by ${weight}` : `the ${combine}`;
  const lacking = { ignore: 'is left out', worst: 'counts with the worst score', wait: 'keeps it waiting' };
  const shown = perSite === 'hidden' ? ' Scores of single sites are for organizers alone.' : '';
  return `${asked}; ${enough}${fewest}. The score is ${by}; a site without one ${lacking[missing]}.${shown}`;
}
