import { createPublicKey, type KeyObject } from 'node:crypto';

const RAW_BYTES = 32;
/** More than any SPKI of an Ed25519 key, less than anything that takes long to read. */
const MAX_TEXT = 200;

/** Reads an Ed25519 public key: base64 of its 32 bytes or of its SPKI. Answers with null for anything else. */
export function readPublicKey(text: string): KeyObject | null {
  if (text.length > MAX_TEXT || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  try {
    const key =
      bytes.length === RAW_BYTES
        ? createPublicKey({
            key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') },
            format: 'jwk',
          })
        : createPublicKey({ key: bytes, format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

/** base64 of the 32 bytes, as policies name signers. */
export function showPublicKey(key: KeyObject): string {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');
}
