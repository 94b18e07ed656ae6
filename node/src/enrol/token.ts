import { createHash, createHmac, timingSafeEqual, type X509Certificate } from 'node:crypto';
import { InvalidTokenError } from './errors.ts';

/**
 * What a site is handed to enrol one node, once: `weir1.<enrolment>.<secret>.<fingerprint>`. The secret authenticates both ends to each
 * other and never crosses the wire; the fingerprint (SHA-256 of the DER of the hub's certificate authority) says whom to trust after.
 */
export interface EnrolmentToken {
  readonly enrolment: string;
  readonly secret: Buffer;
  readonly authorityFingerprint: Buffer;
}

const MIN_SECRET_BYTES = 16;

export function parseToken(text: string): EnrolmentToken {
  const [version, enrolment, secretText, fingerprintText, ...rest] = text.trim().split('.');
  if (version !== 'weir1') throw new InvalidTokenError('it does not begin with "weir1."');
  if (!enrolment || !secretText || !fingerprintText || rest.length > 0) {
    throw new InvalidTokenError('it does not have four parts joined by "."');
  }
  const secret = Buffer.from(secretText, 'base64url');
  const authorityFingerprint = Buffer.from(fingerprintText, 'base64url');
  if (secret.length < MIN_SECRET_BYTES) throw new InvalidTokenError('its secret is cut off');
  if (authorityFingerprint.length !== 32) throw new InvalidTokenError('its fingerprint is cut off');
  return { enrolment, secret, authorityFingerprint };
}

/** base64url of HMAC-SHA256 over the parts joined by line feeds, keyed with the SHA-256 of the token's secret. */
export function enrolmentMac(token: EnrolmentToken, ...parts: readonly string[]): string {
  const key = createHash('sha256').update(token.secret).digest();
  return createHmac('sha256', key).update(parts.join('\n')).digest('base64url');
}

export function isSameMac(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function isAuthorityOf(token: EnrolmentToken, authority: X509Certificate): boolean {
  const fingerprint = createHash('sha256').update(authority.raw).digest();
  return timingSafeEqual(fingerprint, token.authorityFingerprint);
}
