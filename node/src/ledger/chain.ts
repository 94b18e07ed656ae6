import { BEGINNING, isIntact, type ReadEntry, readEntry } from './entry.ts';

/**
 *   unreadable  a line that is no entry
 *   changed     an entry whose hash is not the one of its bytes
 *   unlinked    an entry that does not follow from the one before it: one of the two was replaced
 *   removed     entries that are not there
 *   reordered   an entry that is there, but in another place
 *   inserted    an entry whose number was there before
 *   truncated   fewer entries than the signed head says
 *   rewritten   the entry that the signed head names is another one
 *   key         a change of the node's key that the key before has not announced, or a last key that is not the node's
 *   head        the signed head is missing, unreadable, or not signed by this node
 */
export type LedgerProblemKind =
  | 'unreadable'
  | 'changed'
  | 'unlinked'
  | 'removed'
  | 'reordered'
  | 'inserted'
  | 'truncated'
  | 'rewritten'
  | 'key'
  | 'head';

export interface LedgerProblem {
  readonly kind: LedgerProblemKind;
  /** The entry that it is about. */
  readonly sequence: number;
  readonly text: string;
}

export interface Head {
  /** 0 for a ledger without entries. */
  readonly sequence: number;
  readonly hash: string;
}

const MOST_PROBLEMS = 100;

/** Follows a chain line by line and names what breaks it. Goes on after a problem, so that one change is one problem. */
export class ChainCheck {
  readonly problems: LedgerProblem[] = [];
  readonly #gaps = new Set<number>();
  #head: Head;

  /** @param before what the first line has to follow from; null to take the first line's word for it, as with a part of a ledger. */
  constructor(before: Head | null = { sequence: 0, hash: BEGINNING }) {
    this.#head = before ?? { sequence: -1, hash: '' };
  }

  get head(): Head {
    return this.#head;
  }

  /** Takes the next line, without its end. Gives the entry if it is one, whether or not it is in order. */
  take(line: string): ReadEntry | null {
    const entry = readEntry(line);
    if (entry === null) {
      const after = this.#head.sequence;
      this.#report('unreadable', after + 1, `what follows entry ${after} is no entry`);
      return null;
    }
    if (!isIntact(line, entry.hash)) {
      this.#report('changed', entry.sequence, `entry ${entry.sequence} was changed: its hash is another`);
    }
    this.#place(entry);
    return entry;
  }

  /** Says what never came. */
  finish(): readonly LedgerProblem[] {
    const missing = [...this.#gaps];
    if (missing.length > 0) {
      const names = missing.length === 1 ? `entry ${missing[0]} is` : `entries ${missing.join(', ')} are`;
      this.#report('removed', missing[0]!, `${names} not there`);
      this.#gaps.clear();
    }
    return this.problems;
  }

  #place(entry: ReadEntry): void {
    const { sequence, hash, previous } = entry;
    const last = this.#head;
    if (last.sequence === -1) {
      this.#head = { sequence, hash };
      return;
    }
    if (sequence > last.sequence + 1) {
      for (let gap = last.sequence + 1; gap < sequence && this.#gaps.size < MOST_PROBLEMS; gap += 1) {
        this.#gaps.add(gap);
      }
    } else if (sequence <= last.sequence) {
      if (this.#gaps.delete(sequence)) {
        this.#report('reordered', sequence, `entry ${sequence} stands behind entry ${last.sequence}`);
      } else {
        this.#report('inserted', sequence, `there is more than one entry ${sequence}`);
      }
      return;
    } else if (previous !== last.hash) {
      this.#report(
        'unlinked',
        sequence,
        `entry ${sequence} does not follow from entry ${last.sequence}: one of them was replaced`,
      );
    }
    this.#head = { sequence, hash };
  }

  #report(kind: LedgerProblemKind, sequence: number, text: string): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push({ kind, sequence, text });
  }
}
