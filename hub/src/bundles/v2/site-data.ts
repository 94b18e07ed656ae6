import { asFields, type Fields } from '../fields.ts';
import type { SiteData } from '../model.ts';
import { DEFAULT_SITE_RULE, type SiteRule } from '../site-rule.ts';

const DATASET = /^([a-z0-9][a-z0-9._-]{0,63})@([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;
/** Of this hub, or `name@hub` of another. */
export const SITE_NAME = /^[a-z0-9][a-z0-9-]{0,38}[a-z0-9](@[a-z0-9-]{1,63})?$/;
export const COUNT_NAME = /^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$/;

/**
 * `site_data` of a task. A key of Weir's own; other platforms ignore it. Either `NAME@VERSION`: every site that holds the dataset is asked, and
 * their mean is the score. Or a mapping:
 *
 *     dataset: NAME@VERSION
 *     input, reference: what the dataset stands for; both unless one is switched off
 *     sites: all | a list of names, `name@hub` for a site of another hub
 *     quorum: so many sites are enough; all when left out
 *     min_sites: no combined score below so many
 *     combine: mean | weighted | median | worst | best
 *     weight: the published count that `weighted` goes by
 *     missing: ignore | worst | wait, for sites without a score
 *     per_site: shown | hidden
 */
export function readSiteData(task: Fields): SiteData | null {
  const node = task.findValue('site_data');
  if (node === undefined) return null;
  if (node.kind !== 'mapping') {
    return readDataset(task, 'site_data', { input: true, reference: true, rule: DEFAULT_SITE_RULE });
  }
  const fields = asFields(task.log, node, task.pathOf('site_data'));
  if (fields === null) return null;
  const parts = { input: fields.flag('input', true), reference: fields.flag('reference', true) };
  const siteData = readDataset(fields, 'dataset', { ...parts, rule: readRule(fields) });
  if (!parts.input && !parts.reference) {
    fields.error(
      'input',
      'site_data_unused',
      'The dataset is neither input nor reference data.',
      'Switch one of them on.',
    );
  }
  fields.noteUnknownKeys();
  return siteData;
}

function readDataset(fields: Fields, key: string, rest: Omit<SiteData, 'name' | 'version'>): SiteData | null {
  const written = fields.requiredText(key);
  if (written === '') return null;
  const [, name, version] = DATASET.exec(written) ?? [];
  if (name !== undefined && version !== undefined) return { name, version, ...rest };
  const cure = 'Write NAME@VERSION as the sites registered it, such as sepsis-icu@2.1.';
  fields.error(key, 'site_data_malformed', `"${written}" is no dataset with a version.`, cure);
  return null;
}

function readRule(fields: Fields): SiteRule {
  const sites = readSites(fields);
  const combine = fields.choice('combine', ['mean', 'weighted', 'median', 'worst', 'best'], 'mean');
  const rule: SiteRule = {
    sites,
    quorum: readNumberOfSites(fields, 'quorum', sites),
    minSites: readNumberOfSites(fields, 'min_sites', sites) ?? DEFAULT_SITE_RULE.minSites,
    combine,
    weight: readWeight(fields, combine),
    missing: fields.choice('missing', ['ignore', 'worst', 'wait'], DEFAULT_SITE_RULE.missing),
    perSite: fields.choice('per_site', ['shown', 'hidden'], DEFAULT_SITE_RULE.perSite),
  };
  if (rule.quorum !== null && rule.missing === 'wait') {
    fields.error(
      'quorum',
      'quorum_contradicts_missing',
      `"missing: wait" waits for every site, and a quorum of ${rule.quorum} does not.`,
      'Leave out the quorum, or write "missing: ignore".',
    );
  }
  return rule;
}

/** Whether there are such sites, and whether they hold the data, shows at each submission: sites come and go. */
function readSites(fields: Fields): string[] | null {
  const node = fields.findValue('sites');
  if (node === undefined || (node.kind === 'string' && node.text.trim() === 'all')) return null;
  const names: string[] = [];
  for (const { node: item, where } of fields.list('sites')) {
    const name = item.kind === 'string' || item.kind === 'integer' ? item.text.trim() : '';
    const at = { where, at: item.at };
    if (!SITE_NAME.test(name)) {
      const cure =
        'Write short names as the hub lists them, such as north-hospital, or north-hospital@other-hub.';
      fields.log.error('site_name_malformed', at, 'This is no name of a site.', cure);
    } else if (names.includes(name)) {
      fields.log.error('site_repeated', at, `"${name}" is listed twice.`, 'Name each site once.');
    } else {
      names.push(name);
    }
  }
  if (node.kind === 'sequence' && node.items.length === 0) {
    fields.error('sites', 'sites_empty', 'No site is listed.', 'Name at least one, or write "all".');
  }
  return names;
}

function readNumberOfSites(fields: Fields, key: string, sites: string[] | null): number | null {
  const count = fields.integer(key, { min: 1 });
  if (count !== null && sites !== null && sites.length > 0 && count > sites.length) {
    fields.error(
      key,
      'more_sites_than_listed',
      `"${key}" is ${count}, and only ${sites.length} are listed.`,
      'Ask for fewer, or list more sites.',
    );
  }
  return count;
}

function readWeight(fields: Fields, combine: SiteRule['combine']): string | null {
  const weight = fields.text('weight');
  if (combine !== 'weighted') {
    if (weight !== null) {
      const cure = 'Write "combine: weighted", or leave out the weight.';
      fields.error('weight', 'weight_unused', `A ${combine} has no weights.`, cure);
    }
    return null;
  }
  if (weight !== null && COUNT_NAME.test(weight)) return weight;
  fields.error(
    'weight',
    'weight_missing',
    'A weighted mean needs the name of a count that the sites publish.',
    'Add "weight: NAME", such as "weight: patients".',
  );
  return null;
}
