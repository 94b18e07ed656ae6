import { checkColumns, MAX_COLUMN_TEXT, MAX_LEADERBOARD_TITLE, type ReadColumn } from '../columns.ts';
import type { Fields } from '../fields.ts';
import { type BundleColumn, type BundleLeaderboard, SUBMISSION_RULES } from '../model.ts';
import { readBoardSettings } from './board-settings.ts';
import { hideSplitColumns, readSplits } from './board-splits.ts';
import { checkBounds, readBounds } from './column-bounds.ts';
import { readComputation } from './computation.ts';
import { readLadderStep } from './ladder.ts';
import { readScoreDeclaration } from './score-declaration.ts';

/** @param isForSites scores leave sites, so that what columns declare of them has to be right; else such keys may be anybody's */
export function readLeaderboards(root: Fields, { isForSites }: { isForSites: boolean }): BundleLeaderboard[] {
  const boards = root.mappings('leaderboards').map((board) => readLeaderboard(board, isForSites));
  if (boards.length === 0 && root.list('leaderboards').length === 0) {
    const cure = 'Add "leaderboards", a list of at least one, with columns.';
    root.error('leaderboards', 'leaderboards_missing', 'There is no leaderboard.', cure);
  }
  return boards;
}

/** @param isForSites as for `readLeaderboards` */
export function readLeaderboard(board: Fields, isForSites: boolean): BundleLeaderboard {
  const primaryIndex = board.integer('primary_index') ?? 0;
  const columns: ReadColumn[] = board
    .mappings('columns')
    .map((fields) => ({ fields, column: readColumn(fields, isForSites) }));
  checkColumns(board, columns, primaryIndex);
  checkBounds(columns);
  const submissionRule = board.choice('submission_rule', SUBMISSION_RULES, 'Add');
  const settings = board.log.leniently(() => readBoardSettings(board));
  const known = {
    ...settings,
    submissionRule,
    primaryIndex,
    columns: columns.map(({ column }) => column),
  };
  const splits = readSplits(board, known);
  const leaderboard = {
    title: board.requiredText('title', { max: MAX_LEADERBOARD_TITLE }),
    key: board.requiredText('key', { max: MAX_COLUMN_TEXT }),
    hidden: board.flag('hidden', false),
    ...known,
    splits,
    ladderStep: readLadderStep(board, known),
    columns: hideSplitColumns(known.columns, splits),
  };
  board.noteUnknownKeys();
  return leaderboard;
}

function readColumn(fields: Fields, isForSites: boolean): BundleColumn {
  const computation = readComputation(fields);
  const declare = () => readScoreDeclaration(fields, computation !== null);
  const column: BundleColumn = {
    index: fields.requiredInteger('index') ?? Number.NaN,
    title: fields.requiredText('title', { max: MAX_COLUMN_TEXT }),
    key: fields.requiredText('key', { max: MAX_COLUMN_TEXT }),
    sorting: fields.choice('sorting', ['asc', 'desc'], 'desc'),
    precision: fields.integer('precision') ?? 2,
    hidden: fields.flag('hidden', false),
    group: fields.log.leniently(() => fields.text('group')),
    bounds: readBounds(fields),
    computation,
    declaration: isForSites ? declare() : fields.log.leniently(declare),
  };
  fields.noteUnknownKeys();
  return column;
}
