import type { Handle, HandleFetch } from '@sveltejs/kit/hooks';
import { toTheme } from '#lib/theme/theme.ts';
import { WEIR_HUB_URL } from '$app/env/private';

/** The theme is put into the first byte of the page, so that a dark page never flashes light. */
export const handle: Handle = async ({ event, resolve }) => {
  const theme = toTheme(event.cookies.get('weir_theme'));
  const response = await resolve(event, {
    transformPageChunk: ({ html }) => html.replace('%weir.theme%', theme),
    // tRPC's client looks at the type of a response before it reads it.
    filterSerializedResponseHeaders: (name) => name === 'content-type',
  });
  response.headers.set('referrer-policy', 'same-origin');
  response.headers.set('x-content-type-options', 'nosniff');
  // As on the hub's own answers: browsers ask for one choice per origin.
  response.headers.set('origin-agent-cluster', '?1');
  return response;
};

/**
 * Loads ask for `/trpc/...` on the one web origin, in the browser and here alike, so that what the server fetched is
 * found again by the browser. Here the request goes to the hub directly and carries the visitor's cookie.
 */
export const handleFetch: HandleFetch = ({ event, request, fetch }) => {
  const url = new URL(request.url);
  if (url.origin !== event.url.origin || !url.pathname.startsWith('/trpc/')) return fetch(request);
  const forwarded = new Request(new URL(url.pathname + url.search, WEIR_HUB_URL), request);
  const cookie = event.request.headers.get('cookie');
  if (cookie) forwarded.headers.set('cookie', cookie);
  return fetch(forwarded);
};
