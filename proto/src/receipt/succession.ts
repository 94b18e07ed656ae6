import { keyIdOf } from './envelope.ts';
import { isSignedBy } from './verify.ts';

/** A node signs receipts with another key from some moment on. Keys are raw Ed25519 public keys. */
export interface KeySuccession {
  /** Id of the node: what is announced for one node says nothing of another. */
  readonly node: string;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  /** ISO 8601 with milliseconds: `from` signed nothing that was finished later. */
  readonly at: string;
}

/** What the former key signs. Begins unlike anything else that such a key signs. */
export function successionBytes({ node, from, to, at }: KeySuccession): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`weir-receipt-key-v1\n${node}\n${keyIdOf(from)}\n${keyIdOf(to)}\n${at}\n`);
}

/** Whether the former key has announced the next one. */
export function isAnnounced(succession: KeySuccession, signature: Uint8Array): boolean {
  return isSignedBy(succession.from, successionBytes(succession), signature);
}
