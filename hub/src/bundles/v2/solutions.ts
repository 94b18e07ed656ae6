import type { Fields } from '../fields.ts';
import type { BundleFiles } from '../files.ts';
import type { BundleSolution } from '../model.ts';

export function readSolutions(
  root: Fields,
  files: BundleFiles,
  tasks: ReadonlySet<number> | null,
): BundleSolution[] {
  return root.mappings('solutions').flatMap((fields, place) => {
    const solution = readSolution(fields, files, { tasks, place });
    fields.noteUnknownKeys();
    return solution === null ? [] : [solution];
  });
}

function readSolution(
  fields: Fields,
  files: BundleFiles,
  { tasks, place }: { tasks: ReadonlySet<number> | null; place: number },
): BundleSolution | null {
  const listed = fields.findValue('tasks');
  if (listed?.kind === 'sequence' && listed.items.length === 0) {
    fields.note('tasks', 'solution_without_task', 'The solution is of no task, and is left out.');
    return null;
  }
  if (fields.findValue('index') === undefined) fields.requiredInteger('index');
  const common = {
    // Nothing refers to it.
    index: fields.log.leniently(() => fields.integer('index')) ?? place,
    name: fields.text('name', { max: 256 }),
    description: fields.text('description') ?? '',
    tasks: readTaskIndexes(fields, tasks),
  };
  const key = fields.text('key');
  if (key !== null) {
    fields.name('key', 'resource', key);
    return { ...common, kind: 'key', key };
  }
  const data = files.requiredReference(fields, 'path');
  return data === null ? null : { ...common, kind: 'new', data };
}

/** `tasks` of a phase or a solution: at least one, all of them known. */
export function readTaskIndexes(fields: Fields, known: ReadonlySet<number> | null): number[] {
  const indexes = fields.integers('tasks');
  if (fields.list('tasks').length === 0) {
    fields.error(
      'tasks',
      'tasks_missing',
      `${fields.where} names no tasks.`,
      'Add "tasks", a list of indexes of tasks.',
    );
  }
  for (const index of indexes) {
    if (known === null || known.has(index)) continue;
    fields.error(
      'tasks',
      'task_unknown',
      `There is no task with the index ${index}.`,
      'Use an index from "tasks".',
    );
  }
  return indexes;
}
