import { userInfo } from 'node:os';
import { keyIdOf } from '@weir/proto/receipt';
import type { readEnvironment } from '../config/config.ts';
import type { Home } from '../home/home.ts';
import type { LedgerProblem } from '../ledger/chain.ts';
import { checkLedger } from '../ledger/check.ts';
import type { LedgerEntry } from '../ledger/entry.ts';
import { LEDGER_EVENT_KINDS, type LedgerEventKind, runOf } from '../ledger/events.ts';
import { checkExport, exportLedger } from '../ledger/export.ts';
import { recordFromCommand } from '../ledger/inbox.ts';
import { publicKeysOf } from '../ledger/of-home.ts';
import { readEntries } from '../ledger/read.ts';
import { ReceiptKey } from '../receipts/key.ts';
import { EXIT_CHECK_FAILED, required, UsageError } from './errors.ts';
import { existingHome } from './existing-home.ts';
import type { Flags } from './main.ts';

export async function ledgerCommand(
  words: readonly string[],
  flags: Flags,
  env: ReturnType<typeof readEnvironment>,
): Promise<number> {
  const [verb, file] = words;
  switch (verb) {
    case 'verify':
      return file ? await verifyFile(file, flags) : await verify(await existingHome(flags, env), flags);
    case 'show':
      return await show(await existingHome(flags, env), flags);
    case 'export':
      return await writeExport(await existingHome(flags, env), flags);
    default:
      throw new UsageError('say what to do with the ledger: verify, show or export');
  }
}

const GONE: LedgerProblem = {
  kind: 'removed',
  sequence: 1,
  text: 'there is no entry, though the node has been at work; put the ledger back from a copy',
};

async function verify(home: Home, { json }: Flags): Promise<number> {
  const key = await ReceiptKey.read(home.receiptKey);
  const own = await publicKeysOf(home);
  const { problems: found, head } = await checkLedger(home.ledger, own.length > 0 ? own : null);
  const keyId = key && keyIdOf(key.publicKey);
  // A ledger that is gone as a whole leaves nothing that could disagree; but a node that has a key has begun to write one.
  const isGone = key !== null && head.sequence === 0 && found.length === 0;
  const problems = isGone ? [{ ...GONE, text: `${home.ledger}: ${GONE.text}` }] : found;
  const good = `${home.ledger}: in order, ${head.sequence} ${head.sequence === 1 ? 'entry' : 'entries'}, head ${head.hash}, key ${keyId ?? 'none yet'}`;
  return tell({ entries: head.sequence, head: head.hash, keyId, problems }, good, json);
}

async function verifyFile(file: string, { json }: Flags): Promise<number> {
  const { problems, entries, keyId } = await checkExport(file);
  const range = entries ? `entries ${entries.from} to ${entries.to}` : 'no entries';
  return tell({ entries, keyId, problems }, `${file}: in order, ${range}, signed with ${keyId}`, json);
}

function tell(
  result: { readonly problems: readonly LedgerProblem[] } & Readonly<Record<string, unknown>>,
  good: string,
  json: boolean | undefined,
): number {
  const { problems } = result;
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else if (problems.length === 0) process.stdout.write(`${good}\n`);
  else for (const { kind, text } of problems) process.stderr.write(`${kind}: ${text}\n`);
  return problems.length > 0 ? EXIT_CHECK_FAILED : 0;
}

async function show(home: Home, { run, kind, json }: Flags): Promise<number> {
  const kinds = kind?.map(toKind);
  for await (const entry of readEntries(home.ledger, { run, kinds })) {
    process.stdout.write(json ? `${JSON.stringify(entry)}\n` : `${describe(entry)}\n`);
  }
  return 0;
}

async function writeExport(home: Home, flags: Flags): Promise<number> {
  const out = required('--out', flags.out);
  const range = { from: toNumber('--from', flags.from, 1), to: toNumber('--to', flags.to, Infinity) };
  const key = await ReceiptKey.read(home.receiptKey);
  if (!key) throw new UsageError(`${home.root}: this node has no ledger yet`);
  const { from, to, digest } = await exportLedger(home.ledger, out, range, key);
  // Whoever reads the ledger later sees who took a copy, and of what.
  await recordFromCommand(home, { kind: 'export', by: userInfo().username, from, to, digest });
  process.stdout.write(
    `${out}: entries ${from} to ${to}, ${digest}, signed with ${keyIdOf(key.publicKey)}\n`,
  );
  return 0;
}

/** One line for people: when, what, which run, and the rest as JSON without the bytes of releases. */
function describe({ sequence, at, event }: LedgerEntry): string {
  const { kind, ...rest } = event;
  const shown =
    'bytes' in rest ? { ...rest, bytes: undefined } : 'text' in rest ? { ...rest, text: undefined } : rest;
  const run = runOf(event);
  return [sequence, at, kind, run === null ? '-' : `run ${run}`, JSON.stringify(shown)].join('  ');
}

function toKind(name: string): LedgerEventKind {
  const kind = LEDGER_EVENT_KINDS.find((each) => each === name);
  if (!kind) throw new UsageError(`--kind ${name}: has to be one of ${LEDGER_EVENT_KINDS.join(', ')}`);
  return kind;
}

function toNumber(flag: string, text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new UsageError(`${flag} ${text}: write the number of an entry`);
  return number;
}
