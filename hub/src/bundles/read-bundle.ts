import { type Archive, ArchiveError } from '../storage/archive/index.ts';
import { asFields, type Fields } from './fields.ts';
import { BundleFiles } from './files.ts';
import type { Bundle } from './model.ts';
import { type NamedKey, type Problem, ProblemLog } from './problem.ts';
import { readVersion1 } from './v1/competition.ts';
import { readVersion2 } from './v2/competition.ts';
import { MAX_YAML_BYTES, readYaml } from './yaml.ts';

export const COMPETITION_FILE = 'competition.yaml';

export interface BundleResult {
  /** Null when there are problems. */
  bundle: Bundle | null;
  /** Everything that keeps the bundle out, in the order found. */
  problems: Problem[];
  /** What was odd and how it was taken. */
  notes: Problem[];
  /** Where the bundle names what the hub has already. */
  named: readonly NamedKey[];
}

type Reader = (root: Fields, files: BundleFiles) => Promise<Bundle>;

/**
 * Reads a competition bundle, as Codabench would, except that dates stay exact. Reports all problems together rather
 * than the first. Throws for faults of the machine only; the archive stays open. References to existing resources,
 * tasks and queues are not looked up.
 */
export async function readBundle(archive: Archive): Promise<BundleResult> {
  const log = new ProblemLog(COMPETITION_FILE);
  for (const note of archive.notes) {
    log.note(note.code, { where: '', file: note.entry }, note.message);
  }
  const root = await readRoot(archive, log);
  const read = root === null ? null : chooseReader(root);
  const bundle = root === null || read === null ? null : await read(root, new BundleFiles(archive));
  if (bundle !== null) root?.noteUnknownKeys();
  const problems = log.errors;
  return { bundle: problems.length === 0 ? bundle : null, problems, notes: log.notes, named: log.named };
}

async function readRoot(archive: Archive, log: ProblemLog): Promise<Fields | null> {
  if (archive.findFile(COMPETITION_FILE) === null) {
    const { message, cure } = explainMissingCompetition(archive);
    log.error('competition_file_missing', { where: '' }, message, cure);
    return null;
  }
  try {
    const { root, problems } = readYaml(
      COMPETITION_FILE,
      await archive.readEntry(COMPETITION_FILE, MAX_YAML_BYTES),
    );
    log.append(problems);
    return root === null ? null : asFields(log, root, '');
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    log.error(error.code, { where: '' }, error.message, error.cure);
    return null;
  }
}

function explainMissingCompetition(archive: Archive): { message: string; cure: string } {
  const names = archive.entries.filter((entry) => !entry.isDirectory).map((entry) => entry.name);
  const message = `There is no "${COMPETITION_FILE}" at the root of the archive`;
  const misnamed = names.find((name) => /^competition\.ya?ml$/i.test(name));
  if (misnamed !== undefined) {
    return { message: `${message}, but "${misnamed}".`, cure: `Rename it to "${COMPETITION_FILE}".` };
  }
  const nested = names.find((name) => name.endsWith(`/${COMPETITION_FILE}`));
  if (nested !== undefined) {
    const folder = nested.slice(0, -COMPETITION_FILE.length - 1);
    return {
      message: `${message}, but "${nested}".`,
      cure: `Zip the content of "${folder}", not the folder itself.`,
    };
  }
  return { message: `${message}.`, cure: 'Add it: it describes the competition.' };
}

/** Versions are compared as text, as Codabench does: `2`, `"2"`, and nothing else, are version 2. */
function chooseReader(root: Fields): Reader | null {
  const version = root.text('version');
  switch (version) {
    case '2':
      return readVersion2;
    case null:
    case '1':
    case '1.5':
    case '1.8':
      if (!looksLikeVersion2(root)) return readVersion1;
      reportVersion(root, version);
      return readVersion2;
    default:
      root.error(
        'version',
        'version_unknown',
        `Version "${version}" is not known.`,
        'Write "version: 2" or "version: 1.5".',
      );
      return null;
  }
}

function reportVersion(root: Fields, version: string | null): void {
  const what =
    version === null ? 'Without "version" a bundle is one of version 1' : `This is version ${version}`;
  const code = version === null ? 'version_missing' : 'version_contradicts_layout';
  root.error('version', code, `${what}, and it is laid out like version 2.`, 'Write "version: 2".');
}

function looksLikeVersion2(root: Fields): boolean {
  return root.findValue('html') === undefined && root.findValue('phases')?.kind === 'sequence';
}
