import { toTheme } from '#lib/theme/theme.ts';
import type { RequestHandler } from './$types';

const year = 365 * 24 * 60 * 60;

/** Keeps the choice of colours in a cookie, so that the next page is drawn right from its first byte. */
export const PUT: RequestHandler = async ({ request, cookies, url }) => {
  const theme = toTheme((await request.text()).slice(0, 10));
  cookies.set('weir_theme', theme, {
    path: '/',
    maxAge: year,
    sameSite: 'lax',
    secure: url.protocol === 'https:',
  });
  return new Response(null, { status: 204 });
};
