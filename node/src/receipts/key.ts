import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { readFileIfThere, writeAtomically } from '../home/atomic-file.ts';

/** The first bytes of every Ed25519 public key in SPKI: what follows are the 32 bytes of the raw key. */
const SPKI_HEADER = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * The Ed25519 key with which a node signs receipts and the head of its ledger. Made at the node, never leaves it, and outlives its
 * certificates: a receipt has to be checkable for longer than a certificate lasts.
 */
export class ReceiptKey {
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly #key: KeyObject;

  constructor(key: KeyObject) {
    this.#key = key;
    this.publicKey = createPublicKey(key)
      .export({ type: 'spki', format: 'der' })
      .subarray(SPKI_HEADER.length);
  }

  static generate(): ReceiptKey {
    return new ReceiptKey(generateKeyPairSync('ed25519').privateKey);
  }

  /** The key at `path`; null when none was made yet. */
  static async read(path: string): Promise<ReceiptKey | null> {
    const text = await readFileIfThere(path);
    return text === null ? null : new ReceiptKey(createPrivateKey(text));
  }

  /** Reads the key at `path`, or makes one there. Only the process that holds the home's lock may call it. */
  static async load(path: string): Promise<ReceiptKey> {
    const made = await ReceiptKey.read(path);
    if (made) return made;
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeAtomically(path, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    return new ReceiptKey(privateKey);
  }

  sign(bytes: Uint8Array): Buffer {
    return sign(null, bytes, this.#key);
  }
}

/** False for a signature that is not by the key, and for a key that is none. */
export function verifyEd25519(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  try {
    const key = createPublicKey({
      key: Buffer.concat([SPKI_HEADER, publicKey]),
      format: 'der',
      type: 'spki',
    });
    return verify(null, bytes, key, signature);
  } catch {
    return false;
  }
}
