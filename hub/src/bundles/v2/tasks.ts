import type { Fields } from '../fields.ts';
import type { BundleFiles } from '../files.ts';
import type { BundleTask } from '../model.ts';
import { readSiteData } from './site-data.ts';

export async function readTasks(
  root: Fields,
  files: BundleFiles,
  { isDump }: { isDump: boolean },
): Promise<BundleTask[]> {
  const tasks: BundleTask[] = [];
  const indexes = new Set<number>();
  for (const fields of root.mappings('tasks')) {
    const task = await readTask(fields, files, isDump);
    if (indexes.has(task.index)) {
      fields.error(
        'index',
        'task_index_repeated',
        `Two tasks have the index ${task.index}.`,
        'Number them apart.',
      );
    }
    indexes.add(task.index);
    tasks.push(task);
  }
  const listed = root.findValue('tasks');
  if (listed === undefined || (listed.kind === 'sequence' && listed.items.length === 0)) {
    root.error(
      'tasks',
      'key_missing',
      `"tasks" is ${listed === undefined ? 'missing' : 'empty'}.`,
      'Add at least one task, with an index and a scoring program.',
    );
  }
  return tasks;
}

async function readTask(fields: Fields, files: BundleFiles, isDump: boolean): Promise<BundleTask> {
  const index = fields.requiredInteger('index') ?? Number.NaN;
  const key = fields.text('key');
  if (key !== null) {
    fields.name('key', 'task', key);
    return { kind: 'key', index, key };
  }
  const task: BundleTask = {
    kind: 'new',
    index,
    name: fields.requiredText('name', { max: 256 }),
    description: fields.text('description') ?? '',
    ingestionOnlyDuringScoring: fields.flag('ingestion_only_during_scoring', false),
    scoringProgram: isDump
      ? files.reference(fields, 'scoring_program')
      : files.requiredReference(fields, 'scoring_program'),
    ingestionProgram: files.reference(fields, 'ingestion_program'),
    inputData: files.reference(fields, 'input_data'),
    referenceData: files.reference(fields, 'reference_data'),
    siteData: readSiteData(fields),
    attestations: await files.attestations(fields, 'attestations'),
  };
  fields.noteUnknownKeys();
  return task;
}
