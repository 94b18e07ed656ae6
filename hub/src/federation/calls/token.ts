import { createHash, type KeyObject, randomUUID } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader, errors, SignJWT } from 'jose';
import { z } from 'zod';
import { type ChainKey, publicKeyOf } from '../../keys/chain.ts';
import type { KeyRing } from '../../keys/ring.ts';
import { keyId, PROTOCOLS } from '../hub-document.ts';
import { CallRefusedError } from './refusals.ts';

/** Of this many seconds at most between `iat` and `exp`. */
export const LONGEST_LIFE_S = 60;
/** Clocks of two hubs may differ by so much. */
export const CLOCK_SKEW_S = 30;
const TYPE = 'weir-call+jwt';
const LONGEST_TOKEN = 2_000;

/**
 * What a token of a call says. It is good for one call: of this procedure, with this body, at this hub, now.
 *
 * Header: `alg` EdDSA, `typ` weir-call+jwt, `kid` the key of the caller's chain.
 */
const claims = z.object({
  /** The caller: fingerprint of its oldest key. */
  iss: keyId,
  /** The hub that is called: fingerprint of its oldest key. */
  aud: keyId,
  iat: z.int(),
  exp: z.int(),
  jti: z.string().min(16).max(64),
  /** Path of the procedure. */
  prc: z.string().max(200),
  /** sha256:<hex> of the body's bytes. */
  bod: keyId,
  /** Protocol that the caller speaks. */
  ver: z.int(),
});
const header = z.object({ alg: z.literal('EdDSA'), typ: z.literal(TYPE), kid: keyId });

/** As it says of itself: not believed yet. */
export type ClaimedCall = z.output<typeof claims> & { readonly kid: string };

export async function signCall(
  keys: Pick<KeyRing, 'signing' | 'rootId'>,
  call: {
    readonly audience: string;
    readonly procedure: string;
    readonly body: CallBody;
    readonly protocol: number;
  },
  now = Date.now(),
): Promise<string> {
  const { id, key } = keys.signing;
  const issuedAt = Math.floor(now / 1_000);
  return new SignJWT({ prc: call.procedure, bod: bodyDigest(call.body), ver: call.protocol })
    .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid: id })
    .setIssuer(keys.rootId)
    .setAudience(call.audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LONGEST_LIFE_S)
    .setJti(randomUUID())
    .sign(key);
}

/** Reads a token without believing it. @throws CallRefusedError */
export function readToken(token: string | null): ClaimedCall {
  if (token === null)
    throw new CallRefusedError('token_missing', 'a call between hubs carries a token: Authorization: Bearer');
  if (token.length > LONGEST_TOKEN) throw unreadable();
  try {
    return { ...claims.parse(decodeJwt(token)), kid: header.parse(decodeProtectedHeader(token)).kid };
  } catch {
    throw unreadable();
  }
}

/**
 * Holds a token against the key that it names and against the call that it came with.
 * @param chain the caller's keys, as they are believed
 * @throws CallRefusedError
 */
export async function verifyToken(
  token: string,
  claimed: ClaimedCall,
  {
    chain,
    audience,
    procedure,
    body,
    now,
  }: {
    readonly chain: readonly ChainKey[];
    readonly audience: string;
    readonly procedure: string;
    readonly body: CallBody;
    readonly now: number;
  },
): Promise<void> {
  const entry = chain.find(({ id }) => id === claimed.kid);
  const key = entry && publicKeyOf(entry);
  if (!entry || !key)
    throw new CallRefusedError(
      'key_unknown',
      `${claimed.kid} is none of the keys that are known of that hub`,
    );
  if (entry.until !== null && Date.parse(entry.until) <= now)
    throw new CallRefusedError('key_retired', `${claimed.kid} has ended on ${entry.until}`);
  await verifySignature(token, key);
  if (claimed.aud !== audience)
    throw new CallRefusedError('audience_wrong', `the token is for hub ${claimed.aud}, this is ${audience}`);
  if (claimed.prc !== procedure)
    throw new CallRefusedError('procedure_wrong', `the token is for ${claimed.prc}, not for ${procedure}`);
  if (claimed.bod !== bodyDigest(body))
    throw new CallRefusedError('body_differs', 'the body is not the one that the token is for');
  requireTime(claimed, now);
}

/** What a call carries. Of bytes that are sent in parts, the digest of all of them. */
export type CallBody = string | Uint8Array | { readonly digest: string };

/** sha256:<hex> */
export function bodyDigest(body: CallBody): string {
  if (typeof body === 'object' && 'digest' in body) return body.digest;
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

/** Until when a token has to be remembered, so that it is not taken twice: also where the database forgets it by a clock that is ahead of ours. */
export function forgetAfter({ exp }: ClaimedCall): Date {
  return new Date((exp + 2 * CLOCK_SKEW_S) * 1_000);
}

export function requireProtocol({ ver }: ClaimedCall): void {
  if (PROTOCOLS.includes(ver)) return;
  throw new CallRefusedError(
    'protocol_unsupported',
    `this hub speaks protocol ${PROTOCOLS.join(', ')}, not ${ver}: see protocols in hub.json`,
  );
}

async function verifySignature(token: string, key: KeyObject): Promise<void> {
  try {
    // The signature alone: what the claims say is looked at below, each with a refusal of its own.
    await compactVerify(token, key, { algorithms: ['EdDSA'] });
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new CallRefusedError('signature_invalid', 'the token is not signed by the key that it names');
  }
}

function requireTime({ iat, exp }: ClaimedCall, now: number): void {
  if (exp <= iat || exp - iat > LONGEST_LIFE_S)
    throw new CallRefusedError('life_too_long', `a token lives ${LONGEST_LIFE_S} s at most`);
  const seconds = now / 1_000;
  if (iat - CLOCK_SKEW_S <= seconds && seconds < exp + CLOCK_SKEW_S) return;
  const [one, other] = [new Date(iat * 1_000).toISOString(), new Date(now).toISOString()];
  throw new CallRefusedError(
    'clock_skewed',
    `the token is of ${one}, and here it is ${other}: clocks may differ by ${CLOCK_SKEW_S} s`,
  );
}

function unreadable(): CallRefusedError {
  return new CallRefusedError('token_unreadable', 'the token is not one of a call between hubs');
}
