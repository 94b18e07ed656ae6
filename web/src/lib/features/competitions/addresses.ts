/** Where a card leads: of a peer's competition, to what is known of it here. */
export function cardHref({ id, origin }: { id: number; origin?: { hub: string } | null }): string {
  return origin ? `/peers/${origin.hub}/competitions/${id}` : `/competitions/${id}`;
}

/**
 * Addresses inside one competition. Somebody who came by the secret link keeps its key on every page, else the
 * unpublished competition would close behind them.
 */
export function competitionHref(
  id: number,
  path: string,
  from: { pathname: string; search: string },
): string {
  const key = new URLSearchParams(from.search).get('secret_key');
  const query = key === null ? '' : `?${new URLSearchParams({ secret_key: key })}`;
  return `${competitionBase(id, from)}${path}${query}`;
}

/** Of a peer's competition, whose pages are the same, what comes before each path names the peer. */
export function competitionBase(id: number, { pathname }: { pathname: string }): string {
  const [, peer = ''] = /^(\/peers\/[^/]+)\/competitions\//.exec(pathname) ?? [];
  return `${peer}/competitions/${id}`;
}

/** The same address with one more parameter, such as the phase. */
export function withParameter(href: string, name: string, value: string | number): string {
  return `${href}${href.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
}
