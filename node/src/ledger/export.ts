import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { keyIdOf } from '@weir/proto/receipt';
import type { ReceiptKey } from '../receipts/key.ts';
import { ChainCheck, type Head, type LedgerProblem } from './chain.ts';
import { headProblem } from './check.ts';
import { parseHead, type SignedHead, signHead } from './head.ts';
import { readEntryLines } from './read.ts';
import { readLines } from './segments.ts';
import { KeyHistory, type Succession, toSuccession } from './successions.ts';

export interface Exported {
  readonly from: number;
  readonly to: number;
  /** sha256:<hex> of the file. */
  readonly digest: string;
}

/**
 * Writes entries as they lie in the ledger, one a line, and at the end a head of the last of them, signed for the purpose: whoever has the file
 * and the fingerprint of the node's key needs nothing else to check it.
 */
export async function exportLedger(
  folder: string,
  file: string,
  { from, to }: { from: number; to: number },
  key: ReceiptKey,
): Promise<Exported> {
  const output = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
  const digest = createHash('sha256');
  const write = async (line: string) => {
    digest.update(line);
    if (!output.write(line)) await once(output, 'drain');
  };
  let last: Head | null = null;
  for await (const { text, entry } of readEntryLines(folder, { from, to })) {
    await write(`${text}\n`);
    last = entry;
  }
  const head = signHead(last ?? { sequence: 0, hash: '0'.repeat(64) }, new Date().toISOString(), key);
  await write(`${JSON.stringify({ head })}\n`);
  output.end();
  await finished(output);
  return { from, to: last?.sequence ?? 0, digest: `sha256:${digest.digest('hex')}` };
}

export interface CheckedExport {
  readonly problems: readonly LedgerProblem[];
  /** First and last entry; null for an export without any. */
  readonly entries: { readonly from: number; readonly to: number } | null;
  /** Fingerprint of the key that signed the head; null when there is none. */
  readonly keyId: string | null;
}

/** Checks an exported file with nothing but itself. Whose key the fingerprint is has to be known from elsewhere. */
export async function checkExport(file: string): Promise<CheckedExport> {
  const chain = new ChainCheck(null);
  let from: number | null = null;
  const successions: Succession[] = [];
  let head: SignedHead | null | 'unreadable' = null;
  for await (const { text } of readLines(file)) {
    if (text.startsWith('{"head":')) {
      head = parseHead(text.slice('{"head":'.length, -1));
      continue;
    }
    const entry = chain.take(text);
    from ??= entry?.sequence ?? null;
    const succession = entry && toSuccession(entry);
    if (succession) successions.push(succession);
  }
  const problems = [...chain.finish(), ...new KeyHistory(successions).problems(null)];
  const last = from === null ? { sequence: 0, hash: '0'.repeat(64) } : chain.head;
  const problem = headProblem(head, last, last.hash, null);
  if (problem) problems.push(problem);
  const keyId =
    head === null || head === 'unreadable' ? null : keyIdOf(Buffer.from(head.publicKey, 'base64'));
  return { problems, entries: from === null ? null : { from, to: last.sequence }, keyId };
}
