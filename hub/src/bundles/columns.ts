import type { Fields } from './fields.ts';
import type { BundleColumn } from './model.ts';

/** The most characters of a column's title and key, and of a leaderboard's. */
export const MAX_COLUMN_TEXT = 36;
export const MAX_LEADERBOARD_TITLE = 64;

/** A column with the mapping it was read from, to place problems. */
export interface ReadColumn {
  fields: Fields;
  column: BundleColumn;
}

/** The checks between the columns of one leaderboard. */
export function checkColumns(board: Fields, columns: readonly ReadColumn[], primaryIndex: number): void {
  if (columns.length === 0) {
    board.error('columns', 'columns_missing', 'The leaderboard has no columns.', 'Add at least one column.');
    return;
  }
  const indexes = new Set<number>();
  const keys = new Set<string>();
  for (const { fields, column } of columns) {
    if (indexes.has(column.index)) {
      fields.error(
        'index',
        'column_index_repeated',
        `Two columns have the index ${column.index}.`,
        'Number them apart.',
      );
    }
    if (keys.has(column.key)) {
      fields.error(
        'key',
        'column_key_repeated',
        `Two columns have the key "${column.key}".`,
        'Rename one of them.',
      );
    }
    indexes.add(column.index);
    keys.add(column.key);
  }
  for (const { fields, column } of columns) {
    for (const index of column.computation?.indexes ?? []) {
      if (index === column.index) {
        const message = `Column ${index} is computed from itself.`;
        fields.error('computation_indexes', 'computation_of_itself', message, 'Leave its own index out.');
      } else if (!indexes.has(index)) {
        const message = `There is no column ${index} to compute from.`;
        fields.error(
          'computation_indexes',
          'computation_column_unknown',
          message,
          'Use indexes of columns of this leaderboard.',
        );
      }
    }
  }
  if (!indexes.has(primaryIndex)) {
    const message = `No column has the index ${primaryIndex}, the leaderboard's primary one.`;
    board.note('primary_index', 'primary_column_unknown', message, 'Until then the first column ranks.');
  }
}
