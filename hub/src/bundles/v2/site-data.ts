import { asFields, type Fields } from '../fields.ts';
import type { SiteData } from '../model.ts';

const DATASET = /^([a-z0-9][a-z0-9._-]{0,63})@([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;

/**
 * `site_data` of a task: `NAME@VERSION`, or a mapping of `dataset`, `input` and `reference`. A key of Weir's own; other
 * platforms ignore it. The dataset stands for both input and reference data unless one is switched off.
 */
export function readSiteData(task: Fields): SiteData | null {
  const node = task.findValue('site_data');
  if (node === undefined) return null;
  if (node.kind !== 'mapping') return readDataset(task, 'site_data', { input: true, reference: true });
  const fields = asFields(task.log, node, task.pathOf('site_data'));
  if (fields === null) return null;
  const parts = { input: fields.flag('input', true), reference: fields.flag('reference', true) };
  const siteData = readDataset(fields, 'dataset', parts);
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

function readDataset(
  fields: Fields,
  key: string,
  parts: { input: boolean; reference: boolean },
): SiteData | null {
  const written = fields.requiredText(key);
  if (written === '') return null;
  const [, name, version] = DATASET.exec(written) ?? [];
  if (name !== undefined && version !== undefined) return { name, version, ...parts };
  const cure = 'Write NAME@VERSION as the sites registered it, such as sepsis-icu@2.1.';
  fields.error(key, 'site_data_malformed', `"${written}" is no dataset with a version.`, cure);
  return null;
}
