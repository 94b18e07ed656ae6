import type { Fields } from '../fields.ts';
import type { BundleFiles } from '../files.ts';
import type { BundlePhase } from '../model.ts';
import { readDateField, readPhaseSettings, readRequiredDate } from '../phase-fields.ts';
import { checkPhaseOrder } from '../phase-order.ts';
import { readResources } from './resources.ts';
import { readTaskIndexes } from './solutions.ts';

/** Phases by their `index`; those without one, or with the same, in the order they are listed. */
export function readPhases(
  root: Fields,
  files: BundleFiles,
  tasks: ReadonlySet<number> | null,
): BundlePhase[] {
  const read = root.mappings('phases').map((fields) => ({
    order: fields.integer('index') ?? 0,
    fields,
    phase: readPhase(fields, files, tasks),
  }));
  if (root.findValue('phases') === undefined || (read.length === 0 && root.list('phases').length === 0)) {
    root.error(
      'phases',
      'phases_missing',
      'There are no phases.',
      'Add at least one, with a name, a start and tasks.',
    );
  }
  const inOrder = read.toSorted((a, b) => a.order - b.order);
  checkPhaseOrder(inOrder);
  for (const { fields } of inOrder) fields.noteUnknownKeys();
  return inOrder.map(({ phase }) => phase);
}

function readPhase(fields: Fields, files: BundleFiles, tasks: ReadonlySet<number> | null): BundlePhase {
  return {
    name: fields.requiredText('name', { max: 256 }),
    start: readRequiredDate(fields, 'start'),
    end: readDateField(fields, 'end'),
    autoMigrateToThisPhase: fields.flag('auto_migrate_to_this_phase', false),
    tasks: readTaskIndexes(fields, tasks),
    resources: readResources(fields),
    ...readPhaseSettings(fields, files),
  };
}
