import { checkColumns, MAX_COLUMN_TEXT, type ReadColumn } from '../columns.ts';
import type { Fields } from '../fields.ts';
import type { BundleColumn, BundleLeaderboard } from '../model.ts';
import { readColumnGroups } from './column-groups.ts';
import { readComputed } from './computed.ts';
import { noteLeftOut } from './left-out.ts';

interface RankedColumn {
  fields: Fields;
  key: string;
  rank: number;
  /** Place among the columns of all boards. */
  index: number;
  /** Label of the leaderboard it belongs to, in lower case. */
  board: string | null;
  group: string | null;
}

/**
 * `leaderboard.leaderboards` and `leaderboard.columns`. A column belongs to the board whose label its own `leaderboard`
 * (an alias to the board, as a rule) carries, whatever the case; its place is by `rank`. As in Codabench, columns are
 * numbered over all boards, so that the first of a board, which ranks, need not be number 0.
 */
export function readLeaderboards(root: Fields): BundleLeaderboard[] {
  const leaderboard = root.requiredFields('leaderboard');
  const groupOf = readColumnGroups(leaderboard);
  const columns = leaderboard
    .requiredFields('columns')
    .nested()
    .map(({ key, fields }) => ({ ...readRank(key, fields), group: groupOf(fields) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map((column, index) => ({ ...column, index }));
  const boards = leaderboard.requiredFields('leaderboards').nested();
  const anonymous = root.log.leniently(() => root.flag('anonymous_leaderboard', false));
  const read = boards.map(({ key, fields }) => readBoard(key, fields, { columns, anonymous }));
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
      'Put the columns of all in the first one, or write the bundle in version 2, where a phase can name its leaderboard.',
    );
  }
  leaderboard.noteUnknownKeys();
  return read;
}

function readRank(key: string, fields: Fields) {
  const board = fields.requiredFields('leaderboard').text('label');
  return { fields, key, rank: fields.number('rank') ?? 1, board: board?.toLowerCase() ?? null };
}

function readBoard(
  key: string,
  board: Fields,
  { columns: all, anonymous }: { columns: readonly RankedColumn[]; anonymous: boolean },
): BundleLeaderboard {
  const label = board.text('label') ?? key;
  board.find('rank');
  const own = all.filter((column) => column.board === label.toLowerCase());
  const indexOf = new Map(own.map(({ key, index }) => [key, index]));
  const columns = own.map((column) => readColumn(column, indexOf));
  const primaryIndex = own[0]?.index ?? 0;
  checkKey(key, board);
  checkColumns(board, columns, primaryIndex);
  board.noteUnknownKeys();
  return {
    title: key,
    key,
    primaryIndex,
    hidden: false,
    submissionRule: 'Add',
    taskRule: 'best',
    rankingTask: null,
    anonymous,
    splits: [],
    ladderStep: null,
    bootstrapSamples: null,
    columns: columns.map(({ column }) => column),
  };
}

function readColumn(
  { fields, key, index, group }: RankedColumn,
  indexOf: ReadonlyMap<string, number>,
): ReadColumn {
  checkKey(key, fields);
  const computation = readComputed(fields, key, indexOf);
  const column: BundleColumn = {
    index,
    title: fields.text('label', { max: MAX_COLUMN_TEXT }) ?? key,
    key,
    sorting: readSorting(fields, computation?.kind === 'avg_rank'),
    precision: fields.integer('numeric_format') ?? 2,
    hidden: fields.flag('hidden', false),
    group,
    bounds: null,
    computation,
    declaration: null,
  };
  noteLeftOut(fields, 'column');
  fields.noteUnknownKeys();
  return { fields, column };
}

/** Of average ranks the smallest is the best, which CodaLab left to the organizer to say. */
function readSorting(fields: Fields, isAverageRank: boolean): 'asc' | 'desc' {
  const sorting = fields.choice('sort', ['asc', 'desc'], null);
  if (sorting !== null || !isAverageRank) return sorting ?? 'desc';
  const message = 'The smallest average rank is shown first.';
  fields.note('sort', 'default_taken', message, 'Write "sort: asc" to say so, or "sort: desc".');
  return 'asc';
}

function checkKey(key: string, { log, where, mapping }: Fields): void {
  if ([...key].length <= MAX_COLUMN_TEXT) return;
  const message = `The key "${key}" has ${[...key].length} characters; at most ${MAX_COLUMN_TEXT} are allowed.`;
  log.error('text_too_long', { where, at: mapping.at }, message, 'Shorten it.');
}
