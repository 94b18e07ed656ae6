import { toTheme } from '#lib/theme/theme.ts';
import type { RequestHandler } from './$types';

const year = 365 * 24 * 60 * 60;

/** Keeps the choice of colours in a cookie, so that the next page is drawn right from its first byte. */
export const PUT: RequestHandler = async ({ request, cookies }) => {
  const wanted: unknown = await request.json();
  const theme = toTheme(typeof wanted === 'string' ? wanted : null);
  // No secret, and sites on a local network are often served without TLS.
  cookies.set('weir_theme', theme, { path: '/', maxAge: year, sameSite: 'lax', secure: false });
  return new Response(null, { status: 204 });
};
