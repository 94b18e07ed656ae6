import type { Actor } from '../accounts/access.ts';
import type { BoardSplit } from '../bundles/model.ts';
import type { CompetitionGate } from '../competitions/gate.ts';
import { type Board, type Connection, findBoards } from './boards.ts';
import { BoardHiddenError, SplitMissingError } from './errors.ts';
import { columnsShown, placesOf, type Shown, sightOf } from './shown.ts';

/** A board in the eyes of somebody. */
export interface ReachedBoard {
  readonly board: Board;
  readonly splits: readonly (BoardSplit & { readonly onlyOwn: boolean })[];
  readonly shown: Shown;
}

/** What the actor may see of a board, or of one of its splits. @throws PhaseMissingError | BoardHiddenError | SplitMissingError */
export async function reachBoard(
  standings: Connection,
  gate: Pick<CompetitionGate, 'viewPhase'>,
  actor: Actor,
  { phaseId, split: key }: { readonly phaseId: number; readonly split?: string | undefined },
): Promise<ReachedBoard> {
  const [{ phase, competition, access }, [board]] = await Promise.all([
    gate.viewPhase(actor, phaseId),
    findBoards(standings, [phaseId]),
  ]);
  const { canManage } = access;
  if (!board || (board.hidden && !canManage)) throw new BoardHiddenError();
  const viewer = { userId: actor.kind === 'user' ? actor.user.id : null, canManage };
  const now = new Date();
  const split = key === undefined ? null : board.splits.find((one) => one.key === key);
  const sight = split ? sightOf(split, viewer, now) : 'all';
  // Whether there is one that is closed is nobody else's business.
  if (split === undefined || sight === 'none') throw new SplitMissingError(key ?? '');
  const showsReports =
    canManage ||
    (board.ladderStep === null &&
      competition.enableDetailedResults &&
      competition.showDetailedResultsInLeaderboard &&
      !phase.hideOutput);
  const answers = competition.factSheet ?? [];
  return {
    board,
    splits: board.splits.flatMap((one) => {
      const sight = sightOf(one, viewer, now);
      return sight === 'none' ? [] : [{ ...one, onlyOwn: sight === 'own' }];
    }),
    shown: {
      ...viewer,
      split,
      onlyOwn: sight === 'own',
      columns: columnsShown(board, { canManage, split }),
      places: placesOf(board, split),
      showsReports,
      questions: answers
        .filter(({ isOnLeaderboard }) => isOnLeaderboard || canManage)
        .map(({ key, title }) => ({ key, title })),
    },
  };
}
