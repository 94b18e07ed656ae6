import { isAnnounced, keyIdOf } from '@weir/proto/receipt';
import type { LedgerProblem } from './chain.ts';
import type { ReadEntry } from './entry.ts';
import { type LedgerEvent, ledgerEventSchema } from './events.ts';

type KeyEvent = Extract<LedgerEvent, { kind: 'key' }>;

/** An entry of the ledger that says that another key signs from then on. */
export interface Succession extends Omit<KeyEvent, 'kind' | 'from' | 'to' | 'signature'> {
  readonly sequence: number;
  /** Raw public keys. */
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly signature: Uint8Array;
}

export function toSuccession({ sequence, event }: ReadEntry): Succession | null {
  if (typeof event !== 'object' || event === null || !('kind' in event) || event.kind !== 'key') return null;
  const read = ledgerEventSchema.safeParse(event);
  if (!read.success || read.data.kind !== 'key') return null;
  const { node, at, from, to, signature } = read.data;
  return { sequence, node, at, from: bytes(from), to: bytes(to), signature: bytes(signature) };
}

/**
 * The keys of a node as its ledger tells of them: which one signed when, and how each came after the one before.
 *
 *   first key --entry "key", signed by it--> second key --entry "key", signed by it--> ... --> the key in the home
 */
export class KeyHistory {
  readonly successions: readonly Succession[];

  constructor(successions: readonly Succession[]) {
    this.successions = successions;
  }

  /** The key that was in use once all entries were written; null when it was never replaced. */
  get last(): Uint8Array | null {
    return this.successions.at(-1)?.to ?? null;
  }

  /**
   * Keys that may have signed a head of this entry: the one in use then. The entry that announces a key is the last that the key before signs, and
   * may be signed by either, since a crash may come between the two. Null when the ledger says nothing of keys.
   */
  signersOf(sequence: number): readonly Uint8Array[] | null {
    const before = this.successions.findLast((each) => each.sequence <= sequence);
    if (!before) return this.successions[0] ? [this.successions[0].from] : null;
    return before.sequence === sequence ? [before.from, before.to] : [before.to];
  }

  /** @param own public keys of the home, of which one has to be the last; null where they are not known. */
  problems(own: readonly Uint8Array[] | null): LedgerProblem[] {
    const problems: LedgerProblem[] = [];
    const report = (sequence: number, text: string) => problems.push({ kind: 'key', sequence, text });
    for (const [index, succession] of this.successions.entries()) {
      const { sequence, from } = succession;
      const before = this.successions[index - 1];
      if (before && !isSame(before.to, from)) {
        report(sequence, `entry ${sequence} replaces a key that was not in use: ${keyIdOf(from)}`);
      } else if (!isAnnounced(succession, succession.signature)) {
        report(sequence, `entry ${sequence} replaces the key ${keyIdOf(from)}, but is not signed by it`);
      }
    }
    const last = this.successions.at(-1);
    if (last && own && !own.some((key) => isSame(key, last.to))) {
      const text = `entry ${last.sequence} says that the key is ${keyIdOf(last.to)}, but the home has another one`;
      report(last.sequence, text);
    }
    return problems;
  }
}

export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.from(one).equals(other);
}

function bytes(base64: string): Uint8Array {
  return Buffer.from(base64, 'base64');
}
