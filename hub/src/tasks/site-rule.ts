import { z } from 'zod';
import type { SiteRule } from '../bundles/site-rule.ts';
import { COUNT_NAME, SITE_NAME } from '../bundles/v2/site-data.ts';

const numberOfSites = z.number().int().min(1).max(10_000);

/** As a bundle's `site_data` says it: what contradicts itself there is refused here too. */
export const siteRuleInput = z
  .object({
    sites: z
      .array(z.string().regex(SITE_NAME, 'Write short names as the hub lists them, such as north-hospital.'))
      .min(1, 'Name at least one site, or ask all of them.')
      .max(1_000)
      .nullable(),
    quorum: numberOfSites.nullable(),
    minSites: numberOfSites,
    combine: z.enum(['mean', 'weighted', 'median', 'worst', 'best']),
    weight: z.string().regex(COUNT_NAME, 'Name a count that the sites publish, such as patients.').nullable(),
    missing: z.enum(['ignore', 'worst', 'wait']),
    perSite: z.enum(['shown', 'hidden']),
  })
  .superRefine((rule, context) => {
    for (const [field, message] of contradictionsIn(rule))
      context.addIssue({ code: 'custom', path: [field], message });
  }) satisfies z.ZodType<SiteRule>;

function contradictionsIn({ sites, quorum, minSites, combine, weight, missing }: SiteRule) {
  const found: [keyof SiteRule, string][] = [];
  const listed = sites?.length || Number.POSITIVE_INFINITY;
  if (new Set(sites).size !== (sites?.length ?? 0)) found.push(['sites', 'Name each site once.']);
  if (quorum !== null && quorum > listed) found.push(['quorum', `Only ${listed} are listed.`]);
  if (minSites > listed) found.push(['minSites', `Only ${listed} are listed.`]);
  if (quorum !== null && missing === 'wait')
    found.push([
      'quorum',
      'To wait for every site and for so many contradicts itself: leave one of the two out.',
    ]);
  if (combine === 'weighted' && weight === null)
    found.push(['weight', 'Name a count that the sites publish, such as patients.']);
  if (combine !== 'weighted' && weight !== null) found.push(['weight', `A ${combine} has no weights.`]);
  return found;
}
