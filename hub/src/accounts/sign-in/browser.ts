import { secret } from './journeys.ts';

const NAME = 'weir_sign_in';
const LIFE_S = 30 * 60;

/** What a sign-in that goes elsewhere is bound to: a secret in a cookie, for half an hour. */
export function readBrowser(cookies: string): string | null {
  const found = cookies
    .split(';')
    .map((cookie) => cookie.trim())
    .find((cookie) => cookie.startsWith(`${NAME}=`));
  const value = found?.slice(NAME.length + 1) ?? '';
  return /^[A-Za-z0-9_-]{43}$/.test(value) ? value : null;
}

/** @returns the secret, and the Set-Cookie header that keeps it */
export function markBrowser(cookies: string, isSecure: boolean): { browser: string; setCookie: string } {
  const browser = readBrowser(cookies) ?? secret();
  const attributes = `HttpOnly; Max-Age=${LIFE_S}; Path=/; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  return { browser, setCookie: `${NAME}=${browser}; ${attributes}` };
}
