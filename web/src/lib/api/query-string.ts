/**
 * Filters live in the address bar, so that a filtered list can be linked, reloaded and gone back to. Values that mean
 * "everything" leave no trace there.
 */
export type Filters = Record<string, string | undefined>;

/** The address with some filters changed; the page cursor is dropped, since it belonged to the old list. */
export function withFilters(url: { pathname: string; search: string }, changes: Filters): string {
  const params = new URLSearchParams(url.search);
  params.delete('cursor');
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '' || value === 'all') params.delete(name);
    else params.set(name, value);
  }
  const search = params.toString();
  return search === '' ? url.pathname : `${url.pathname}?${search}`;
}

/** The value of a filter when it is one of those allowed; anything else in the address counts as "everything". */
export function oneOf<const Value extends string>(
  params: Pick<URLSearchParams, 'get'>,
  name: string,
  allowed: readonly Value[],
): Value | undefined {
  const value = params.get(name);
  return allowed.find((candidate) => candidate === value);
}

/** A positive whole number, or nothing. */
export function idFrom(params: Pick<URLSearchParams, 'get'>, name: string): number | undefined {
  const value = params.get(name);
  return value !== null && /^[1-9]\d{0,9}$/.test(value) ? Number(value) : undefined;
}

/** Only the properties that have a value: the hub's inputs know "absent", not "undefined". */
export function present<T extends Record<string, unknown>>(
  values: T,
): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ''),
  ) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
