import { checkColumns, MAX_COLUMN_TEXT, MAX_LEADERBOARD_TITLE, type ReadColumn } from '../columns.ts';
import type { Fields } from '../fields.ts';
import type { BundleColumn, BundleLeaderboard, SubmissionRule } from '../model.ts';
import { readBoardSettings } from './board-settings.ts';
import { readComputation } from './computation.ts';
import { readScoreDeclaration } from './score-declaration.ts';

const SUBMISSION_RULES = [
  'Add',
  'Add_And_Delete',
  'Add_And_Delete_Multiple',
  'Force_Last',
  'Force_Latest_Multiple',
  'Force_Best',
] as const satisfies readonly SubmissionRule[];

export function readLeaderboards(root: Fields): BundleLeaderboard[] {
  const boards = root.mappings('leaderboards').map(readLeaderboard);
  if (boards.length === 0 && root.list('leaderboards').length === 0) {
    const cure = 'Add "leaderboards", a list of at least one, with columns.';
    root.error('leaderboards', 'leaderboards_missing', 'There is no leaderboard.', cure);
  }
  return boards;
}

function readLeaderboard(board: Fields): BundleLeaderboard {
  const primaryIndex = board.integer('primary_index') ?? 0;
  const columns: ReadColumn[] = board
    .mappings('columns')
    .map((fields) => ({ fields, column: readColumn(fields) }));
  checkColumns(board, columns, primaryIndex);
  const leaderboard = {
    title: board.requiredText('title', { max: MAX_LEADERBOARD_TITLE }),
    key: board.requiredText('key', { max: MAX_COLUMN_TEXT }),
    primaryIndex,
    hidden: board.flag('hidden', false),
    submissionRule: board.choice('submission_rule', SUBMISSION_RULES, 'Add'),
    ...board.log.leniently(() => readBoardSettings(board)),
    columns: columns.map(({ column }) => column),
  };
  board.noteUnknownKeys();
  return leaderboard;
}

function readColumn(fields: Fields): BundleColumn {
  const computation = readComputation(fields);
  const column: BundleColumn = {
    index: fields.requiredInteger('index') ?? Number.NaN,
    title: fields.requiredText('title', { max: MAX_COLUMN_TEXT }),
    key: fields.requiredText('key', { max: MAX_COLUMN_TEXT }),
    sorting: fields.choice('sorting', ['asc', 'desc'], 'desc'),
    precision: fields.integer('precision') ?? 2,
    hidden: fields.flag('hidden', false),
    group: fields.log.leniently(() => fields.text('group')),
    computation,
    declaration: readScoreDeclaration(fields, computation !== null),
  };
  fields.noteUnknownKeys();
  return column;
}
