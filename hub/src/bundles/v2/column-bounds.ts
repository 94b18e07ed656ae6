import type { ReadColumn } from '../columns.ts';
import type { Fields } from '../fields.ts';
import type { BundleColumn } from '../model.ts';

/** `low_index` and `high_index`, keys of Weir's own: the columns in which the scoring program writes the bounds of this one's interval. */
export function readBounds(column: Fields): BundleColumn['bounds'] {
  const [low, high] = [column.integer('low_index'), column.integer('high_index')];
  if (low !== null && high !== null) return { low, high };
  if (low !== null || high !== null) {
    const key = low === null ? 'low_index' : 'high_index';
    column.error(key, 'bound_missing', 'An interval has two bounds, and one is given.', `Add "${key}".`);
  }
  return null;
}

export function checkBounds(columns: readonly ReadColumn[]): void {
  const indexes = new Set(columns.map(({ column }) => column.index));
  for (const { fields, column } of columns) {
    const { bounds, index: own } = column;
    if (bounds === null) continue;
    for (const [key, index] of [
      ['low_index', bounds.low],
      ['high_index', bounds.high],
    ] as const) {
      if (indexes.has(index) && index !== own) continue;
      const message = index === own ? 'A column is no bound of itself.' : `There is no column ${index}.`;
      fields.error(key, 'bound_unknown', message, 'Use indexes of other columns of this leaderboard.');
    }
  }
}
