import type { Transaction } from '../../db/database.ts';
import type { Board } from '../../leaderboards/boards.ts';
import type { Progress } from '../outcome.ts';
import { combine } from './combine.ts';
import type { Shown } from './disclosure.ts';
import { progressAtSites } from './progress.ts';
import { nextMembers, type SiteRun, standingOf, stepsOf } from './standing.ts';
import { lockShown, markCombined, type SiteLeaf, siteLeaves, touchFinished } from './store.ts';

/** Later than all that is stored; the database gives it its time. */
const NOW = Number.POSITIVE_INFINITY;

/** What the sites of a leaf come to. */
export interface SettledLeaf {
  readonly leafId: number;
  readonly progress: Progress;
  /** The combined score, by column key; null while none stands, or none that is new. */
  readonly values: Readonly<Record<string, number>> | null;
}

/**
 * Brings leaves at sites up to what their runs say: which sites count from now on, the scores combined, how far the submission is. Runs inside the
 * transaction that ends the runs, which holds the rows of the leaves.
 *
 * @param runIds runs that have just ended, or wait again
 * @param boardOf the board on which a leaf is scored
 */
export async function settleSites(
  tx: Transaction,
  runIds: readonly number[],
  boardOf: (leafId: number) => Board | undefined,
): Promise<SettledLeaf[]> {
  const leaves = await siteLeaves(tx, runIds);
  // Most ends leave a combined score as it is, and need not know what was shown before.
  const changing = leaves.filter(({ rule, runs }) => nextMembers(rule, runs, []).length > 0);
  const shown = changing.length > 0 ? await lockShown(tx, changing) : new Map<string, Map<number, Shown[]>>();
  const added: number[] = [];
  const settled = leaves.map((leaf) => {
    const audience = shown.get(leaf.audience);
    const next = audience ? nextMembers(leaf.rule, leaf.runs, othersOf(audience, leaf.leafId)) : [];
    const chosen = new Set(next.map(({ runId }) => runId));
    added.push(...chosen);
    const runs = leaf.runs.map((run) => (chosen.has(run.runId) ? { ...run, combinedAt: NOW } : run));
    audience?.set(leaf.leafId, stepsOf(leaf.rule, runs));
    const board = boardOf(leaf.leafId);
    return {
      leafId: leaf.leafId,
      progress: progressAtSites(leaf.rule, runs),
      values: board ? valuesOf({ ...leaf, runs }, board) : null,
    };
  });
  await markCombined(tx, added);
  await touchFinished(
    tx,
    leaves.map(({ leafId }) => leafId),
  );
  return settled;
}

function othersOf(audience: ReadonlyMap<number, Shown[]>, leafId: number): Shown[] {
  return [...audience].flatMap(([id, steps]) => (id === leafId ? [] : steps));
}

function valuesOf({ rule, runs }: SiteLeaf, board: Board): Record<string, number> | null {
  const inside = runs.filter(({ combinedAt }) => combinedAt !== null);
  if (inside.length === 0) return null;
  const countsMissing = rule.missing === 'worst' && standingOf(rule, runs) === 'complete';
  const weightOf = ({ siteWeight }: SiteRun) => (rule.combine === 'weighted' ? (siteWeight ?? 0) : 1);
  return combine(rule, board.columns, {
    contributions: inside.map((run) => ({ scores: run.scores ?? {}, weight: weightOf(run) })),
    missing: countsMissing ? runs.filter(({ combinedAt }) => combinedAt === null).map(weightOf) : [],
    withholds: runs.length > 1 && inside.some(({ sharesScores }) => !sharesScores),
  });
}
