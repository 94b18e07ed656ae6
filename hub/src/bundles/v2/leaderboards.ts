import { checkColumns, MAX_COLUMN_TEXT, MAX_LEADERBOARD_TITLE, type ReadColumn } from '../columns.ts';
import type { Fields } from '../fields.ts';
import type { BundleColumn, BundleLeaderboard, SubmissionRule } from '../model.ts';
import { readScoreDeclaration } from './score-declaration.ts';

const SUBMISSION_RULES = [
  'Add',
  'Add_And_Delete',
  'Add_And_Delete_Multiple',
  'Force_Last',
  'Force_Latest_Multiple',
  'Force_Best',
] as const satisfies readonly SubmissionRule[];

/** A computation over the rows of a board instead of over the scores of one. */
const AVERAGE_RANK = 'avg_rank';

export function readLeaderboards(root: Fields): BundleLeaderboard[] {
  const boards = root.mappings('leaderboards').map(readLeaderboard);
  if (boards.length === 0 && root.list('leaderboards').length === 0) {
    const cure = 'Add "leaderboards", a list of at least one, with columns.';
    root.error('leaderboards', 'leaderboards_missing', 'There is no leaderboard.', cure);
  }
  if (boards.length > 1) {
    const message = 'Every phase uses the first leaderboard; the others stay empty.';
    root.note('leaderboards', 'leaderboards_unused', message, 'Put the columns of all in the first one.');
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
    computation,
    declaration: readScoreDeclaration(fields, computation !== null),
  };
  fields.noteUnknownKeys();
  return column;
}

function readComputation(fields: Fields): BundleColumn['computation'] {
  const isListed = fields.findValue('computation_indexes') !== undefined;
  if (fields.text('computation') === null) {
    if (isListed) {
      const message = '"computation_indexes" says from what, and "computation" does not say how.';
      fields.error('computation', 'computation_missing', message, 'Add "computation": avg, sum, min or max.');
    }
    return null;
  }
  if (fields.text('computation') === AVERAGE_RANK) {
    const message = 'An average rank is not computed by this hub.';
    fields.note(
      'computation',
      'computation_not_offered',
      message,
      'The column shows what the scoring program writes for it.',
    );
    fields.integers('computation_indexes');
    return null;
  }
  const kind = fields.choice('computation', ['avg', 'sum', 'min', 'max'], 'avg');
  const indexes = fields.integers('computation_indexes');
  if (!isListed) {
    const message = '"computation" does not say from which columns.';
    fields.error(
      'computation_indexes',
      'computation_indexes_missing',
      message,
      'Add "computation_indexes", a list of indexes.',
    );
  }
  return { kind, indexes };
}
