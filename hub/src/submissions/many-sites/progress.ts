import type { SiteRule } from '../../bundles/site-rule.ts';
import { type Progress, progressOfLeaf, type RunProgress } from '../outcome.ts';
import { type SiteRun, standingOf } from './standing.ts';

/** All sites are over, and too few have brought scores for what the task asks. */
export const SITES_MISSED = 'sites_missed';

/**
 * How far a leaf at sites is, in Codabench's words.
 *
 * It is finished when all of its sites are over and enough have brought scores, and, where the task declares a quorum, as soon as a combined
 * score stands: for the participant it is done, late sites change its score with a mark but never its status. It is finished too when its
 * scores are withheld: nothing went wrong. It has failed when all sites are over and too few have brought scores; whose fault the first failure
 * at a site is, is whose fault that is.
 */
export function progressAtSites(rule: SiteRule, runs: readonly (SiteRun & RunProgress)[]): Progress {
  const standing = standingOf(rule, runs);
  if (standing === 'partial' && rule.quorum !== null) {
    return { status: 'Finished', failureCode: null, fault: null };
  }
  const progress = progressOfLeaf(runs);
  if (progress.status !== 'Finished' || standing !== 'missed') return progress;
  const failed = runs.find(({ failureCode }) => failureCode !== null);
  return { status: 'Failed', failureCode: SITES_MISSED, fault: failed?.fault ?? 'site' };
}
