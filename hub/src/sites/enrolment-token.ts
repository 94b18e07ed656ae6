import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * `weir1.<enrolment>.<secret>.<fingerprint of the hub's authority>`. The secret never crosses the wire: both sides know SHA-256 of it and
 * authenticate what they send with HMAC under it. So an exchange over plain HTTP can be read, but neither forged nor joined.
 */
export function newEnrolmentToken(
  enrolmentId: string,
  authorityFingerprint: string,
): { token: string; macKey: string } {
  const secret = randomBytes(32);
  return {
    token: ['weir1', enrolmentId, secret.toString('base64url'), authorityFingerprint].join('.'),
    macKey: createHash('sha256').update(secret).digest('base64url'),
  };
}

/** base64url HMAC-SHA256 over the parts, joined by newlines. */
export function authenticate(macKey: string, ...parts: string[]): string {
  return createHmac('sha256', Buffer.from(macKey, 'base64url')).update(parts.join('\n')).digest('base64url');
}

export function isAuthentic(mac: string, macKey: string, ...parts: string[]): boolean {
  const expected = Buffer.from(authenticate(macKey, ...parts));
  const given = Buffer.from(mac);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
