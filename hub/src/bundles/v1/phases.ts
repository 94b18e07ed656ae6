import type { Fields } from '../fields.ts';
import type { BundleFiles } from '../files.ts';
import type { BundlePhase, NewTask } from '../model.ts';
import { readDateField, readPhaseSettings, readRequiredDate } from '../phase-fields.ts';
import { noteNeverOpen } from '../phase-order.ts';
import { noteLeftOut } from './left-out.ts';

const DAY = 24 * 60 * 60 * 1000;

interface ReadPhase {
  fields: Fields;
  number: number;
}

/**
 * Phases by `phasenumber`, whatever their keys; any number will do, also 1.5 for one that came later. A phase ends a day before the next one starts, even when that is before
 * its own start, as with the parallel phases of 1.8; the last one ends at the competition's `end_date`.
 */
export function readPhases(root: Fields, files: BundleFiles): { phases: BundlePhase[]; tasks: NewTask[] } {
  const listed = root.requiredFields('phases');
  const read = listed
    .nested()
    .map(({ fields }) => ({ fields, number: fields.requiredNumber('phasenumber') ?? Number.NaN }))
    .toSorted((a, b) => a.number - b.number);
  const kept = dropParallelParent(read);
  if (kept.length === 0 && root.findValue('phases') !== undefined && listed.keys().length === 0) {
    listed.log.error(
      'phases_missing',
      { where: 'phases', at: listed.mapping.at },
      'There are no phases.',
      'Add at least one.',
    );
  }
  const starts = kept.map(({ fields }) => readRequiredDate(fields, 'start_date'));
  const end = readEnd(root);
  const phases = kept.map(({ fields }, index) => {
    const next = starts[index + 1];
    const phase: BundlePhase = {
      name: fields.requiredText('label', { max: 256 }),
      start: starts[index] ?? new Date(Number.NaN),
      end: next === undefined ? end : new Date(next.getTime() - DAY),
      autoMigrateToThisPhase: readMigration(fields, index),
      tasks: [index],
      leaderboard: 0,
      resources: null,
      ...readPhaseSettings(fields, files),
    };
    return phase;
  });
  const tasks = kept.map(({ fields }, index) => readTask(fields, files, index));
  for (const [index, { fields }] of kept.entries()) {
    noteNeverOpen(fields, 'start_date', phases[index]!);
    noteLeftOut(fields, 'phase');
    fields.noteUnknownKeys();
  }
  return { phases, tasks };
}

/** In 1.8 the first phase may stand for a group of parallel ones; those become phases one after the other. */
function dropParallelParent(phases: ReadPhase[]): ReadPhase[] {
  const isParallel = phases
    .flatMap(({ fields }) => [fields.flag('is_parallel_parent', false), hasParent(fields)])
    .includes(true);
  if (!isParallel) return phases;
  const [parent, ...rest] = phases;
  const message = 'The parent of parallel phases is left out; its children follow one another.';
  parent?.fields.note(
    'is_parallel_parent',
    'parallel_parent_dropped',
    message,
    'Look at the dates of the phases.',
  );
  return rest;
}

/** Exports write 0 for none. */
function hasParent(fields: Fields): boolean {
  const node = fields.findValue('parent_phasenumber');
  return (
    node !== undefined && !('text' in node && ['', '0', 'false'].includes(node.text.trim().toLowerCase()))
  );
}

/** Some old exports write the text `null`. */
function readEnd(root: Fields): Date | null {
  const node = root.findValue('end_date');
  return node?.kind === 'string' && node.text === 'null' ? null : readDateField(root, 'end_date');
}

function readMigration(fields: Fields, index: number): boolean {
  const migrates = fields.flag('auto_migration', false);
  if (!migrates || index > 0) return migrates;
  const message = 'There is no phase before the first one to migrate submissions from.';
  fields.error('auto_migration', 'auto_migrate_first_phase', message, 'Set it on a later phase.');
  return false;
}

function readTask(fields: Fields, files: BundleFiles, index: number): NewTask {
  return {
    kind: 'new',
    index,
    name: readTaskName(fields),
    description: fields.text('description') ?? '',
    ingestionOnlyDuringScoring: fields.flag('ingestion_program_only_during_scoring', false),
    scoringProgram: files.reference(fields, 'scoring_program'),
    ingestionProgram: files.reference(fields, 'ingestion_program'),
    inputData: files.reference(fields, 'input_data'),
    referenceData: files.reference(fields, 'reference_data'),
    siteData: null,
    attestations: [],
  };
}

/** Names of tasks have at most 256 characters, so labels of phases have fewer. */
function readTaskName(fields: Fields): string {
  const name = `${fields.text('label') ?? ''} Task`;
  const excess = [...name].length - MAX_TASK_NAME;
  if (excess > 0) {
    const message = `The task of the phase is called "LABEL Task", which is ${excess} characters too long.`;
    fields.error('label', 'text_too_long', message, 'Shorten the label.');
  }
  return name;
}

const MAX_TASK_NAME = 256;
