import { checkColumns, MAX_COLUMN_TEXT, type ReadColumn } from '../columns.ts';
import type { Fields } from '../fields.ts';
import type { BundleColumn, BundleLeaderboard } from '../model.ts';

interface RankedColumn {
  fields: Fields;
  key: string;
  rank: number;
  /** Label of the leaderboard it belongs to, in lower case. */
  board: string | null;
}

/**
 * `leaderboard.leaderboards` and `leaderboard.columns`. A column belongs to the board whose label its own `leaderboard`
 * (an alias to the board, as a rule) carries, whatever the case; its place is by `rank`.
 */
export function readLeaderboards(root: Fields): BundleLeaderboard[] {
  const leaderboard = root.requiredFields('leaderboard');
  const columns = leaderboard
    .requiredFields('columns')
    .nested()
    .map(readRank)
    .toSorted((a, b) => a.rank - b.rank);
  const boards = leaderboard.requiredFields('leaderboards').nested();
  const read = boards.map(({ key, fields }) => readBoard(key, fields, columns));
  if (leaderboard.findValue('leaderboards') !== undefined && boards.length === 0) {
    leaderboard.error(
      'leaderboards',
      'leaderboards_missing',
      'There is no leaderboard.',
      'Add one, with columns.',
    );
  }
  if (read.length > 1) {
    const message = 'Every phase uses the first leaderboard; the others stay empty.';
    leaderboard.note(
      'leaderboards',
      'leaderboards_unused',
      message,
      'Put the columns of all in the first one.',
    );
  }
  leaderboard.noteUnknownKeys();
  return read;
}

function readRank({ key, fields }: { key: string; fields: Fields }): RankedColumn {
  const board = fields.requiredFields('leaderboard').text('label');
  return { fields, key, rank: fields.integer('rank') ?? 1, board: board?.toLowerCase() ?? null };
}

function readBoard(key: string, board: Fields, all: readonly RankedColumn[]): BundleLeaderboard {
  const label = board.text('label') ?? key;
  board.find('rank');
  const columns = all.filter((column) => column.board === label.toLowerCase()).map(readColumn);
  checkKey(key, board);
  checkColumns(board, columns, 0);
  board.noteUnknownKeys();
  return {
    title: key,
    key,
    primaryIndex: 0,
    hidden: false,
    submissionRule: 'Add',
    columns: columns.map(({ column }) => column),
  };
}

function readColumn({ fields, key }: RankedColumn, index: number): ReadColumn {
  checkKey(key, fields);
  const column: BundleColumn = {
    index,
    title: fields.text('label', { max: MAX_COLUMN_TEXT }) ?? key,
    key,
    sorting: fields.choice('sort', ['asc', 'desc'], 'desc'),
    precision: fields.integer('numeric_format') ?? 2,
    hidden: fields.flag('hidden', false),
    computation: null,
    declaration: null,
  };
  fields.noteUnknownKeys();
  return { fields, column };
}

function checkKey(key: string, { log, where, mapping }: Fields): void {
  if ([...key].length <= MAX_COLUMN_TEXT) return;
  const message = `The key "${key}" has ${[...key].length} characters; at most ${MAX_COLUMN_TEXT} are allowed.`;
  log.error('text_too_long', { where, at: mapping.at }, message, 'Shorten it.');
}
