/** Where a card leads: of a peer's competition, to what is known of it here. */
export function cardHref({ id, origin }: { id: number; origin?: { hub: string } | null }): string {
  return origin ? `/peers/${origin.hub}/competitions/${id}` : `/competitions/${id}`;
}

/**
 * Addresses inside one competition. Somebody who came by the secret link keeps its key on every page, else the
 * unpublished competition would close behind them.
 */
export function competitionHref(id: number, path: string, from: { search: string }): string {
  const key = new URLSearchParams(from.search).get('secret_key');
  const query = key === null ? '' : `?${new URLSearchParams({ secret_key: key })}`;
  return `/competitions/${id}${path}${query}`;
}

/** The same address with one more parameter, such as the phase. */
export function withParameter(href: string, name: string, value: string | number): string {
  return `${href}${href.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
}
