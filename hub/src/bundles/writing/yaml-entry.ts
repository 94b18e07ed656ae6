import type { Scalar } from 'yaml';

/** What may stand in the YAML that we write. A map keeps the order of its keys, also of those that look like numbers. */
export type Value = string | number | boolean | null | readonly Value[] | Entry;
export type Entry = Map<string | Scalar<string>, Value>;

/** A mapping of what is not null: an absent key and an empty one mean different things to some readers. */
export function entry(values: Readonly<Record<string, Value>>): Entry {
  return new Map(Object.entries(values).filter(([, value]) => value !== null));
}
