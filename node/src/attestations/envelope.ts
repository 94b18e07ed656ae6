import { type KeyObject, sign, verify } from 'node:crypto';
import { preAuthEncoding } from '@weir/proto/receipt';
import { z } from 'zod';

/** https://github.com/secure-systems-lab/dsse: what is signed is the payload together with its type, and nothing is decoded before. */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Buffer;
  readonly signatures: readonly Buffer[];
}

const MAX_BYTES = 64 * 1024;
const MAX_SIGNATURES = 8;

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/);

const envelopeSchema = z.object({
  payloadType: z.string().max(200),
  payload: base64,
  signatures: z
    .array(z.object({ sig: base64 }))
    .min(1)
    .max(MAX_SIGNATURES),
});

/** Reads the JSON of an envelope; null when it is none, or larger than anything that makes sense. */
export function readEnvelope(bytes: Uint8Array): Envelope | null {
  if (bytes.length > MAX_BYTES) return null;
  const read = envelopeSchema.safeParse(parseJson(bytes));
  if (!read.success) return null;
  const { payloadType, payload, signatures } = read.data;
  // `base64` reads both alphabets, as the specification asks of those who verify.
  return {
    payloadType,
    payload: Buffer.from(payload, 'base64'),
    signatures: signatures.map(({ sig }) => Buffer.from(sig, 'base64')),
  };
}

export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

/** Whether one of the signatures is this key's. Key ids are not looked at: nobody has signed them. */
export function isSignedBy({ payloadType, payload, signatures }: Envelope, key: KeyObject): boolean {
  const signed = preAuthEncoding(payloadType, payload);
  return signatures.some((signature) => verify(null, signed, key, signature));
}

/** The JSON of an envelope with one signature. */
export function signEnvelope(payloadType: string, payload: Buffer, key: KeyObject): string {
  const signature = sign(null, preAuthEncoding(payloadType, payload), key);
  return JSON.stringify({
    payloadType,
    payload: payload.toString('base64'),
    signatures: [{ sig: signature.toString('base64') }],
  });
}
