import { MAX_COLUMN_TEXT, MAX_LEADERBOARD_TITLE } from '../columns.ts';
import type { Fields } from '../fields.ts';
import { type BoardSplit, type BundleColumn, SPLIT_VISIBILITIES } from '../model.ts';
import { readDateField } from '../phase-fields.ts';

interface Board {
  readonly columns: readonly BundleColumn[];
  readonly primaryIndex: number;
}

/**
 * `splits`, a key of Weir's own: tables beside the board, each with columns of its own that nobody is to see before their time. What is wrong here
 * keeps the bundle out, since scores would be shown to the wrong people otherwise.
 */
export function readSplits(board: Fields, { columns, primaryIndex }: Board): BoardSplit[] {
  const keys = new Set<string>();
  return board.mappings('splits').map((fields) => {
    const key = fields.requiredText('key', { max: MAX_COLUMN_TEXT });
    if (keys.has(key)) {
      fields.error('key', 'split_key_repeated', `Two splits have the key "${key}".`, 'Rename one of them.');
    }
    keys.add(key);
    const split: BoardSplit = {
      key,
      title: fields.text('title', { max: MAX_LEADERBOARD_TITLE }) ?? key,
      columns: fields.integers('columns'),
      visibility: fields.choice('visibility', SPLIT_VISIBILITIES, 'organizers'),
      visibleFrom: readMoment(fields),
    };
    checkColumns(fields, split.columns, { columns, primaryIndex });
    fields.noteUnknownKeys();
    return split;
  });
}

/** Columns of splits are hidden wherever else scores are shown. */
export function hideSplitColumns(
  columns: readonly BundleColumn[],
  splits: readonly BoardSplit[],
): BundleColumn[] {
  const split = new Set(splits.flatMap((one) => one.columns));
  return columns.map((column) => (split.has(column.index) ? { ...column, hidden: true } : column));
}

function readMoment(fields: Fields): string | null {
  const date = readDateField(fields, 'visible_from');
  return date === null || Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function checkColumns(split: Fields, indexes: readonly number[], { columns, primaryIndex }: Board): void {
  const wrong = (message: string, cure: string) =>
    split.error('columns', 'split_columns_wrong', message, cure);
  if (indexes.length === 0) {
    wrong('The split has no columns.', 'List the indexes of its columns, the one that ranks first.');
  }
  if (new Set(indexes).size < indexes.length) {
    wrong('The split lists a column twice.', 'List each of them once.');
  }
  for (const index of indexes) {
    const column = columns.find((candidate) => candidate.index === index);
    if (!column) {
      wrong(`There is no column ${index}.`, 'Use indexes of columns of this leaderboard.');
    } else if (index === primaryIndex) {
      wrong(`Column ${index} ranks the board itself.`, 'Leave it out, or choose another "primary_index".');
    } else if (column.computation?.kind === 'avg_rank' || column.computation?.kind === 'mrr') {
      wrong(`Column ${index} is made from ranks on the board itself.`, 'Leave it out.');
    }
  }
}
