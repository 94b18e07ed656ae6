import { readFile } from 'node:fs/promises';
import {
  type Check,
  fromBase64,
  keyIdOf,
  type ReceiptReport,
  readReceiptFile,
  type Statement,
  verifyReceipt,
} from '@weir/proto/receipt';
import { z } from 'zod';
import { EXIT_FAILED, UsageError } from './errors.ts';

interface Flags {
  readonly 'hub-key'?: readonly string[] | undefined;
  readonly json: boolean;
}

const isFingerprint = (text: string) => /^sha256:[0-9a-f]{64}$/.test(text);
const keysFile = z.object({
  keys: z.array(z.object({ publicKey: z.string(), role: z.literal('hub') })),
});

/** Checks a receipt with nothing but the file, and what the caller knows of the hub's key. */
export async function verifyCommand(words: readonly string[], flags: Flags): Promise<number> {
  const [path] = words;
  if (path === undefined) throw new UsageError('say which receipt: weir verify FILE');
  const file = readReceiptFile(await readFile(path, 'utf8'));
  const named = flags['hub-key'];
  const hubKeys = named && (await Promise.all(named.map(fingerprints))).flat();
  const report = verifyReceipt(file, hubKeys ? { hubKeys } : {});
  process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : describe(report));
  return report.isValid ? 0 : EXIT_FAILED;
}

/** Of a fingerprint, that one; of a file of the hub's keys, those of the keys in it, whatever names it gives them. */
async function fingerprints(text: string): Promise<string[]> {
  if (isFingerprint(text)) return [text];
  const read = keysFile.safeParse(JSON.parse(await readFile(text, 'utf8')));
  if (!read.success) {
    throw new UsageError(
      `${text} is neither a fingerprint like sha256:... nor a file saved from /.well-known/weir/keys.json`,
    );
  }
  return read.data.keys.map(({ publicKey }) => keyIdOf(fromBase64(publicKey)));
}

const MARKS: Readonly<Record<Check['result'], string>> = { good: 'ok  ', bad: 'BAD ', unknown: '?   ' };

function describe({ isValid, checks, statement, signers }: ReceiptReport): string {
  const told = checks.filter(({ name }) => name !== 'scores');
  const lines = [
    ...told.map(({ result, text }) => `${MARKS[result]}${text}`),
    '',
    ...signers.map(({ role, owner, keyId }) => `${role.padEnd(4)}  ${owner}  ${keyId}`),
    '',
    ...facts(statement).map(([name, value]) => `${name.padEnd(18)}${value}`),
    '',
    isValid ? 'The receipt is in order.' : 'The receipt does NOT hold. Believe nothing of it.',
  ];
  return `${lines.join('\n')}\n`;
}

function facts({ predicate }: Statement): [string, string][] {
  const { assigned, scores } = predicate;
  const all: [string, string | null][] = [
    ...Object.entries(scores).map(([key, value]): [string, string] => [`score ${key}`, String(value)]),
    ['submission', `${assigned.submission}  ${assigned.submissionDigest}`],
    ['run', `${assigned.run}, attempt ${assigned.attempt}${assigned.rehearsal ? ', a rehearsal' : ''}`],
    [
      'competition',
      `${assigned.competition}, phase ${assigned.phase}, task ${assigned.task}, at ${assigned.hub}`,
    ],
    ['site', `${predicate.site}, node ${predicate.node.name}`],
    ['scoring program', assigned.scoringProgram],
    ['ingestion program', assigned.ingestionProgram],
    ['input data', assigned.inputData],
    ['reference data', assigned.referenceData],
    ['site dataset', assigned.dataset && `${assigned.dataset}  ${predicate.datasetDigest ?? ''}`],
    ['image', [assigned.image, predicate.imageDigest].filter(Boolean).join('  ')],
    ['columns', assigned.columns],
    ['policy', predicate.policy],
    ['from', predicate.startedAt],
    ['to', predicate.finishedAt],
    ['software', predicate.software],
  ];
  return all.flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : []));
}
