/**
 * Between the benchmark of boards and its hub process.
 * - `best`: one entry for each participant, the best of theirs.
 * - `every`: an entry for each submission.
 * - `ranks`: as `best`, ordered by the mean of the ranks in all columns.
 */
export type BoardName = 'best' | 'every' | 'ranks';

export type BoardsCommand =
  | { readonly kind: 'arrive'; readonly board: BoardName; readonly perSecond: number }
  | { readonly kind: 'rest' }
  | { readonly kind: 'stop' };

export type BoardsReply =
  | { readonly kind: 'ready'; readonly url: string; readonly phaseIds: Readonly<Record<BoardName, number>> }
  | { readonly kind: 'done' };
