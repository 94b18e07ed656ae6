import { toDecimal, upToMultiple } from './decimal.ts';
import { MISSING } from './ranking.ts';

/**
 * The Ladder (Blum and Hardt, "The Ladder: A Reliable Leaderboard for Machine Learning Competitions", ICML 2015): whoever may enter often learns a
 * test set by heart through its scores. So an entry takes the place of its owner's former one only where it is better by a step, and the board says
 * no more than that: the score comes as a multiple of the step, rounded towards the worse. An entry on the same rung as the former one changes
 * nothing that anybody but organizers can see; over any number of entries a person learns no more than at which of them a rung was reached.
 *
 * The paper rounds to the nearest multiple and compares with what was released before; the rungs here are fixed, so which entries are on the
 * board does not depend on the order in which they were scored.
 *
 * @param place of a sort key: smaller is better
 */
export function onLadder(place: string, step: number): string {
  return place === MISSING ? place : upToMultiple(place, toDecimal(step));
}
