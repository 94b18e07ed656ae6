import { ChainCheck, type Head, type LedgerProblem } from './chain.ts';
import { BEGINNING, type ReadEntry } from './entry.ts';
import { isSigned, readHead, type SignedHead } from './head.ts';
import { listSegments, readLines, type Segment } from './segments.ts';
import { isSame, KeyHistory, type Succession, toSuccession } from './successions.ts';

/** How a ledger lies on the disk. */
export interface CheckedLedger {
  readonly problems: readonly LedgerProblem[];
  readonly head: Head;
  readonly signedHead: SignedHead | null;
  /** How the node came to its key. */
  readonly keys: KeyHistory;
  /** The segment that goes on, and how much of it is whole; null for a ledger that has not begun. */
  readonly last: { readonly segment: Segment; readonly bytes: number; readonly tornBytes: number } | null;
}

/**
 * Reads the whole ledger and names everything that this node has not written. A line that does not end is no problem at the very end: a
 * process that is killed leaves that, and nobody was told that the entry is on disk.
 *
 * @param own the public key of the home, and the one that is about to take its place; without any the ledger's word is taken for which keys are
 *   the node's.
 * @param see called with each entry, in order.
 */
export async function checkLedger(
  folder: string,
  own: readonly Uint8Array[] | null,
  see: (entry: ReadEntry) => void = () => {},
): Promise<CheckedLedger> {
  // Read first: the ledger may grow meanwhile, but never ends before its head.
  const signedHead = await readHead(folder);
  const segments = await listSegments(folder);
  const chain = new ChainCheck();
  const problems: LedgerProblem[] = [];
  const successions: Succession[] = [];
  let named = BEGINNING;
  let last: CheckedLedger['last'] = null;
  for (const segment of segments) {
    let bytes = 0;
    let tornBytes = 0;
    const isLast = segment === segments.at(-1);
    for await (const { text, end, isWhole } of readLines(segment.path)) {
      if (!isWhole && isLast) {
        tornBytes = end - bytes;
        break;
      }
      const entry = chain.take(text);
      bytes = end;
      if (!entry) continue;
      if (signedHead && signedHead !== 'unreadable' && entry.sequence === signedHead.sequence) {
        named = entry.hash;
      }
      const succession = toSuccession(entry);
      if (succession) successions.push(succession);
      see(entry);
    }
    last = { segment, bytes, tornBytes };
  }
  const keys = new KeyHistory(successions);
  problems.push(...chain.finish(), ...keys.problems(own));
  const signers = signedHead && signedHead !== 'unreadable' ? keys.signersOf(signedHead.sequence) : null;
  const problem = headProblem(signedHead, chain.head, named, signers ?? own);
  if (problem && (signedHead !== null || segments.length > 0)) problems.push(problem);
  return {
    problems,
    head: chain.head,
    signedHead: signedHead === 'unreadable' ? null : signedHead,
    keys,
    last,
  };
}

/**
 * @param named the hash of the entry that the signed head is about
 * @param signers the keys that may have signed it; null: any
 */
export function headProblem(
  signed: SignedHead | null | 'unreadable',
  head: Head,
  named: string,
  signers: readonly Uint8Array[] | null,
): LedgerProblem | null {
  const problem = (kind: LedgerProblem['kind'], sequence: number, text: string) => ({ kind, sequence, text });
  if (signed === null) return problem('head', head.sequence, 'the signed head is not there');
  if (signed === 'unreadable') return problem('head', head.sequence, 'the signed head cannot be read');
  const { sequence } = signed;
  if (!isSigned(signed)) return problem('head', sequence, 'the signed head was changed: it is not signed');
  const signer = Buffer.from(signed.publicKey, 'base64');
  if (signers && !signers.some((key) => isSame(key, signer))) {
    return problem('head', sequence, 'the signed head is not signed with the key of this node');
  }
  if (head.sequence < sequence) {
    const lost = `entries ${head.sequence + 1} to ${sequence} were cut off`;
    return problem('truncated', sequence, `the signed head is of entry ${sequence}: ${lost}`);
  }
  if (named !== signed.hash) {
    return problem('rewritten', sequence, `entry ${sequence} is not the one that the signed head is of`);
  }
  return null;
}
