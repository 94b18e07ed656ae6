import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { promisify } from 'node:util';

/** The first bytes of every Ed25519 public key in SPKI: what follows are the 32 bytes of the raw key. */
const SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex');
const KEY_BYTES = 32;

/** Off the main thread: a check takes as long as everything else about a report together. */
export const verifyWith = promisify<null, Uint8Array, KeyObject, Uint8Array, boolean>(verify);

export function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(SPKI_HEADER.length);
}

/** Null for bytes that are no key. */
export function toPublicKey(raw: Uint8Array): KeyObject | null {
  if (raw.length !== KEY_BYTES) return null;
  try {
    return createPublicKey({ key: Buffer.concat([SPKI_HEADER, raw]), format: 'der', type: 'spki' });
  } catch {
    return null;
  }
}
