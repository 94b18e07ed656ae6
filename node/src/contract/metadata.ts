import { join } from 'node:path';
import { parse } from 'yaml';
import { CommandSyntaxError, commandWords } from './command-words.ts';
import { readBounded } from './read-bounded.ts';

const METADATA_BYTES = 1 << 20;
const MOST_ALIASES = 100;

/** What a program's folder says about how to start it. */
export type Program =
  /** There is no such folder: the task has no program of this kind. */
  | { readonly kind: 'absent' }
  /** No metadata at its root. A submission like this is a result: its files are the predictions. */
  | { readonly kind: 'without-metadata' }
  /** Metadata that is no YAML mapping or has no command. A submission like this is there for the ingestion program. */
  | { readonly kind: 'without-command' }
  | { readonly kind: 'command'; readonly command: string };

/** Looks at the root of the folder alone, for `metadata.yaml` first and then `metadata`. */
export async function readProgram(folder: string | null): Promise<Program> {
  if (folder === null) return { kind: 'absent' };
  for (const name of ['metadata.yaml', 'metadata']) {
    const found = await readBounded(join(folder, name), METADATA_BYTES);
    if (found.kind === 'content') return programOf(found.bytes.toString('utf8'));
    if (found.kind !== 'absent') return { kind: 'without-command' };
  }
  return { kind: 'without-metadata' };
}

export function programOf(metadata: string): Program {
  const command = commandIn(metadata);
  return typeof command === 'string' && canBeSplit(command)
    ? { kind: 'command', command }
    : { kind: 'without-command' };
}

function canBeSplit(command: string): boolean {
  try {
    return commandWords(command).length > 0;
  } catch (error) {
    if (error instanceof CommandSyntaxError) return false;
    throw error;
  }
}

/** YAML 1.1 as PyYAML reads it: a key may come twice. Metadata that is invalid, as by a second colon in a description, has no command. */
function commandIn(metadata: string): unknown {
  try {
    const options = {
      version: '1.1',
      uniqueKeys: false,
      maxAliasCount: MOST_ALIASES,
      logLevel: 'error',
    } as const;
    const document: unknown = parse(metadata.replace(/^\uFEFF/, ''), options);
    return typeof document === 'object' && document !== null && 'command' in document
      ? document.command
      : undefined;
  } catch {
    return undefined;
  }
}

/** How the containers of a step ended; null for one that did not run. Plain data, which the caller keeps between the steps. */
export interface StepTimes {
  readonly exitCode: number | null;
  readonly elapsedSeconds: number | null;
  readonly ingestionExitCode: number | null;
  readonly ingestionElapsedSeconds: number | null;
}

/**
 * The file `metadata` that the platform leaves in a step's output, for scoring programs that read the duration from it. Where only the ingestion
 * ran, its time stands for the program's as well, as scoring programs written for CodaLab expect.
 */
export function stepMetadata(times: StepTimes): string {
  return [
    `elapsedTime: ${decimal(times.elapsedSeconds ?? times.ingestionElapsedSeconds)}`,
    `exitCode: ${times.exitCode}`,
    `ingestionElapsedTime: ${decimal(times.ingestionElapsedSeconds)}`,
    `ingestionExitCode: ${times.ingestionExitCode}`,
    '',
  ].join('\n');
}

/** Always with a point, so that it reads as a fraction everywhere. */
function decimal(seconds: number | null): string {
  if (seconds === null) return 'null';
  return Number.isInteger(seconds) ? seconds.toFixed(1) : String(seconds);
}
