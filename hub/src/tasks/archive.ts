import { asFields, type Fields } from '../bundles/fields.ts';
import { BundleFiles } from '../bundles/files.ts';
import type { DataReference, SiteData } from '../bundles/model.ts';
import { type Problem, ProblemLog } from '../bundles/problem.ts';
import { readSiteData } from '../bundles/v2/site-data.ts';
import { MAX_YAML_BYTES, readYaml } from '../bundles/yaml.ts';
import { type Archive, ArchiveError, type ArchiveLimits, openArchive } from '../storage/archive/index.ts';
import type { Slot } from './setup.ts';

const TASK_FILE = 'task.yaml';

/** The keys of the file, and the type of what each brings along. */
const KEYS = {
  scoringProgram: 'scoring_program',
  ingestionProgram: 'ingestion_program',
  inputData: 'input_data',
  referenceData: 'reference_data',
} as const satisfies Record<Slot, string>;

/** What a `task.yaml` describes. */
export interface ArchivedTask {
  readonly name: string;
  readonly description: string;
  readonly isPublic: boolean;
  readonly ingestionOnlyDuringScoring: boolean;
  readonly siteData: SiteData | null;
  readonly attestations: readonly string[];
  readonly files: Readonly<Record<Slot, ArchivedFile | null>>;
}

export interface ArchivedFile {
  readonly type: (typeof KEYS)[Slot];
  readonly reference: DataReference;
  readonly name: string | null;
  readonly description: string | null;
}

export type ReadTask =
  | { readonly task: ArchivedTask; readonly archive: Archive; readonly notes: Problem[] }
  | { readonly task: null; readonly problems: readonly Problem[] };

/**
 * Reads an uploaded task: a zip with a `task.yaml`, whose data are each a `key` of a resource, or a `zip` (or folder) in the archive. All that is wrong
 * is reported at once. The archive is the caller's to dispose.
 */
export async function readTaskArchive(path: string, limits: ArchiveLimits): Promise<ReadTask> {
  const log = new ProblemLog(TASK_FILE);
  const archive = await openArchive(path, limits).catch((error: unknown) => refuse(log, error));
  if (!archive) return { task: null, problems: log.errors };
  await using stack = new AsyncDisposableStack();
  stack.use(archive);
  const fields = await readRoot(archive, log);
  const task = fields && (await readTask(fields, new BundleFiles(archive)));
  if (!task || log.errorCount > 0) return { task: null, problems: log.errors };
  stack.move();
  return { task, archive, notes: log.notes };
}

function refuse(log: ProblemLog, error: unknown): null {
  if (!(error instanceof ArchiveError)) throw error;
  log.error(error.code, { where: '' }, error.message, error.cure);
  return null;
}

async function readRoot(archive: Archive, log: ProblemLog): Promise<Fields | null> {
  if (archive.findFile(TASK_FILE) === null) {
    const message = `There is no "${TASK_FILE}" at the root of the archive.`;
    log.error('task_file_missing', { where: '' }, message, 'Zip the content of the folder, not the folder.');
    return null;
  }
  const bytes = await archive
    .readEntry(TASK_FILE, MAX_YAML_BYTES)
    .catch((error: unknown) => refuse(log, error));
  if (!bytes) return null;
  const { root, problems } = readYaml(TASK_FILE, bytes);
  log.append(problems);
  return root === null ? null : asFields(log, root, '');
}

async function readTask(fields: Fields, files: BundleFiles): Promise<ArchivedTask> {
  const task = {
    name: fields.requiredText('name', { max: 256 }),
    description: fields.text('description') ?? '',
    isPublic: fields.flag('is_public', false),
    ingestionOnlyDuringScoring: fields.flag('ingestion_only_during_scoring', false),
    siteData: readSiteData(fields),
    attestations: await files.attestations(fields, 'attestations'),
    files: {
      scoringProgram: readFile(fields, files, 'scoringProgram'),
      ingestionProgram: readFile(fields, files, 'ingestionProgram'),
      inputData: readFile(fields, files, 'inputData'),
      referenceData: readFile(fields, files, 'referenceData'),
    },
  };
  if (fields.findValue(KEYS.scoringProgram) === undefined) fields.requiredText(KEYS.scoringProgram);
  fields.noteUnknownKeys();
  return task;
}

/** `scoring_program: {zip: scoring.zip, name, description}`, or `{key: UUID}`; or the file, folder or UUID alone, as in a `competition.yaml`. */
function readFile(fields: Fields, files: BundleFiles, slot: Slot): ArchivedFile | null {
  const type = KEYS[slot];
  const node = fields.findValue(type);
  if (node === undefined) return null;
  if (node.kind !== 'mapping') {
    const reference = files.reference(fields, type);
    return reference && { type, reference, name: null, description: null };
  }
  const described = asFields(fields.log, node, fields.pathOf(type));
  if (!described) return null;
  const by = ['key', 'zip', 'path'].find((key) => described.findValue(key) !== undefined) ?? 'zip';
  const reference = files.requiredReference(described, by);
  const name = described.text('name', { max: 255 });
  const description = described.text('description');
  return reference && { type, reference, name, description };
}
