import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a signed address permits: to get what is there, or to put something there. */
export type LinkMethod = 'GET' | 'PUT';

/**
 * Addresses that work without logging in, until they expire, for scripts that hand them to other programs. The bearer acts as the person for
 * whom the address was made, for this one path; what that person may not do, or no longer, the address does not permit either.
 */
export interface SignedLinks {
  /**
   * @param seconds that the address works; a day by default
   * @returns the path with a query that carries user, expiry and signature
   */
  sign(method: LinkMethod, path: string, userId: number, seconds?: number): string;
  /** @returns the user, or null when there is no valid signature */
  verify(method: LinkMethod, url: string): number | null;
}

export function createSignedLinks(
  key: Buffer,
  { lifetimeSeconds = 24 * 3_600, now = Date.now } = {},
): SignedLinks {
  const signature = (method: string, path: string, user: string, expires: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify([method, path, user, expires]))
      .digest('base64url');

  return {
    sign(method, path, userId, seconds = lifetimeSeconds) {
      const expires = String(Math.floor(now() / 1_000) + seconds);
      const user = String(userId);
      return `${path}?${new URLSearchParams({ user, expires, signature: signature(method, path, user, expires) })}`;
    },

    verify(method, url) {
      const [path = '', query = ''] = url.split('?', 2);
      const parameters = new URLSearchParams(query);
      const user = parameters.get('user') ?? '';
      const expires = parameters.get('expires') ?? '';
      const given = Buffer.from(parameters.get('signature') ?? '');
      const right = Buffer.from(signature(method, path, user, expires));
      if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
      return Number(expires) * 1_000 > now() ? Number(user) : null;
    },
  };
}
