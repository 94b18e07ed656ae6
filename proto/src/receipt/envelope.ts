import { digestOf, fromBase64, toBase64 } from './bytes.ts';
import { ReceiptUnreadableError } from './errors.ts';

/** A DSSE envelope as it is sent and stored, https://github.com/secure-systems-lab/dsse. Members in this order. */
export interface Envelope {
  readonly payloadType: string;
  /** base64 of the very bytes that were signed; they are never written anew. */
  readonly payload: string;
  readonly signatures: readonly EnvelopeSignature[];
}

export interface EnvelopeSignature {
  /** sha256:<hex> of the raw public key. */
  readonly keyid: string;
  /** base64 */
  readonly sig: string;
}

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const MOST_SIGNATURES = 8;

/** The bytes that a DSSE signature is over: the type is signed with the payload, and no two pairs look the same. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const typeLength = encoder.encode(payloadType).length;
  const header = encoder.encode(`DSSEv1 ${typeLength} ${payloadType} ${payload.length} `);
  const encoded = new Uint8Array(header.length + payload.length);
  encoded.set(header);
  encoded.set(payload, header.length);
  return encoded;
}

/** The name of a key: its fingerprint, which people compare too. */
export function keyIdOf(publicKey: Uint8Array): string {
  return digestOf(publicKey);
}

export function sealEnvelope(
  payload: Uint8Array,
  signatures: readonly { keyId: string; signature: Uint8Array }[],
): Envelope {
  return {
    payloadType: PAYLOAD_TYPE,
    payload: toBase64(payload),
    signatures: signatures.map(({ keyId, signature }) => ({ keyid: keyId, sig: toBase64(signature) })),
  };
}

/** @throws ReceiptUnreadableError */
export function readEnvelope(text: string): Envelope {
  return toEnvelope(parseJson(text));
}

/** @throws ReceiptUnreadableError */
export function toEnvelope(value: unknown): Envelope {
  const { payloadType, payload, signatures } = (value ?? {}) as Record<string, unknown>;
  if (payloadType !== PAYLOAD_TYPE)
    throw new ReceiptUnreadableError('the payload is not an in-toto statement');
  if (typeof payload !== 'string') throw new ReceiptUnreadableError('there is no payload');
  if (!Array.isArray(signatures) || signatures.length > MOST_SIGNATURES) {
    throw new ReceiptUnreadableError('there are no signatures');
  }
  return { payloadType, payload, signatures: signatures.map(toSignature) };
}

export function payloadOf(envelope: Envelope): Uint8Array<ArrayBuffer> {
  return decode(envelope.payload);
}

export function signatureOf(signature: EnvelopeSignature): Uint8Array<ArrayBuffer> {
  return decode(signature.sig);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ReceiptUnreadableError('it is not JSON');
  }
}

function toSignature(value: unknown): EnvelopeSignature {
  const { keyid, sig } = (value ?? {}) as Record<string, unknown>;
  if (typeof keyid !== 'string' || typeof sig !== 'string') {
    throw new ReceiptUnreadableError('a signature has no keyid or no sig');
  }
  return { keyid, sig };
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  try {
    return fromBase64(text);
  } catch {
    throw new ReceiptUnreadableError('it holds something that is not base64');
  }
}
