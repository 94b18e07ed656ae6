/** Where to go after signing in. Only addresses of this portal: an absolute one would send people to strangers. */
export function toReturnAddress(next: string | null): string {
  if (!next?.startsWith('/') || next.startsWith('//') || next.includes('\\')) return '/';
  return next;
}

export function loginHref(from: { pathname: string; search: string }): string {
  return `/login?next=${encodeURIComponent(from.pathname + from.search)}`;
}

export function registerHref(from: { pathname: string; search: string }): string {
  return `/register?next=${encodeURIComponent(from.pathname + from.search)}`;
}
