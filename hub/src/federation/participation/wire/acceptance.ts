import { randomUUID } from 'node:crypto';
import { compactVerify, decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { z } from 'zod';
import { type ChainKey, publicKeyOf } from '../../../keys/chain.ts';
import type { KeyRing } from '../../../keys/ring.ts';
import { keyId } from '../../hub-document.ts';
import { AcceptanceRefusedError } from '../errors.ts';

const TYPE = 'weir-acceptance+jwt';
/** A statement is made for one call. */
const LONGEST_AGE_MS = 10 * 60_000;

/**
 * That somebody accepted the terms of a competition, as their home hub signs it. It is kept for as long as the participation is.
 *
 * Header: `alg` EdDSA, `typ` weir-acceptance+jwt, `kid` the key of the home hub's chain.
 */
const claims = z.object({
  /** Home hub and peer: fingerprints of their oldest keys. */
  iss: keyId,
  aud: keyId,
  /** The person, as in the assertion that comes with it. */
  sub: z.string().max(100),
  iat: z.int(),
  jti: z.uuid(),
  /** Number of the competition at the peer. */
  cmp: z.int(),
  /** Version of its terms, and SHA-256 of their HTML as the peer sent it. */
  ver: z.int(),
  trm: keyId,
});
const header = z.object({ alg: z.literal('EdDSA'), typ: z.literal(TYPE), kid: keyId });

export type Acceptance = Pick<z.output<typeof claims>, 'aud' | 'sub' | 'cmp' | 'ver' | 'trm'>;

export async function signAcceptance(
  keys: Pick<KeyRing, 'signing' | 'rootId'>,
  acceptance: Acceptance,
): Promise<string> {
  const { id, key } = keys.signing;
  const iat = Math.floor(Date.now() / 1_000);
  return new SignJWT({ ...acceptance, iss: keys.rootId, iat, jti: randomUUID() })
    .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid: id })
    .sign(key);
}

/**
 * @param expected of whom and for whom it has to be
 * @throws AcceptanceRefusedError
 */
export async function verifyAcceptance(
  statement: string,
  expected: Pick<Acceptance, 'aud' | 'sub'> & { readonly iss: string; readonly chain: readonly ChainKey[] },
): Promise<Acceptance> {
  const claimed = read(statement);
  const entry = expected.chain.find(({ id, until }) => {
    return id === claimed.kid && (until === null || Date.parse(until) > Date.now());
  });
  const key = entry && publicKeyOf(entry);
  if (!key) throw new AcceptanceRefusedError('it is signed by no key of that hub');
  await compactVerify(statement, key, { algorithms: ['EdDSA'] }).catch(() => {
    throw new AcceptanceRefusedError('its signature does not hold');
  });
  for (const name of ['iss', 'aud', 'sub'] as const)
    if (claimed[name] !== expected[name]) throw new AcceptanceRefusedError(`${name} is somebody else`);
  if (Math.abs(Date.now() - claimed.iat * 1_000) > LONGEST_AGE_MS)
    throw new AcceptanceRefusedError('it is not of now');
  return claimed;
}

function read(statement: string) {
  try {
    return { ...claims.parse(decodeJwt(statement)), ...header.parse(decodeProtectedHeader(statement)) };
  } catch {
    throw new AcceptanceRefusedError('it cannot be read');
  }
}
