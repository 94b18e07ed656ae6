import { stat } from 'node:fs/promises';
import { type Problem, problemOfArchive } from '../bundles/problem.ts';
import { checkOffline, type OfflineCheck } from '../competitions/creation/check-offline.ts';
import { type Archive, ArchiveError, openArchive, openFolder } from '../storage/archive/index.ts';
import { EXIT_FAILED, UsageError } from './errors.ts';

/** `weir bundle check FILE|FOLDER`: what a hub would say to the bundle, without one. */
export async function bundleCommand(words: readonly string[], flags: { json: boolean }): Promise<number> {
  const [action, path, ...rest] = words;
  if (action !== 'check' || path === undefined || rest.length > 0) {
    throw new UsageError('say what to check: weir bundle check FILE|FOLDER');
  }
  const report = await check(path);
  const { problems, notes } = report;
  const isFine = problems.length === 0;
  const asJson = { ok: isFine, title: report.title, problems, notes };
  process.stdout.write(flags.json ? `${JSON.stringify(asJson, null, 2)}\n` : describe(report));
  return isFine ? 0 : EXIT_FAILED;
}

async function check(path: string): Promise<OfflineCheck> {
  try {
    await using archive = await open(path);
    return await checkOffline(archive, new AbortController().signal);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return { title: null, problems: [problemOfArchive(error)], notes: [] };
  }
}

async function open(path: string): Promise<Archive> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new UsageError(`there is no file or folder ${path}`);
  return found.isDirectory() ? openFolder(path) : openArchive(path);
}

function describe({ title, problems, notes }: OfflineCheck): string {
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  const told = [...problems, ...notes].map(toText).join('');
  const verdict =
    problems.length === 0
      ? `The bundle of "${title}" is in order${notes.length > 0 ? `, with ${count(notes.length, 'note')}` : ''}.`
      : `${count(problems.length, 'problem')}, ${count(notes.length, 'note')}.`;
  return `${told}${verdict}\n`;
}

/** As compilers write it, so that editors find the place. */
function toText({ file, line, column, where, severity, message, cure, code }: Problem): string {
  const place = [file ?? 'bundle', line, column].filter((part) => part !== null).join(':');
  const head = `${place}: ${severity}: ${where === '' ? '' : `${where}: `}${message} [${code}]\n`;
  return cure === '' ? head : `${head}    ${cure}\n`;
}
