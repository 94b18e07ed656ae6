import { DEFAULT_SITE_RULE, type SiteRule } from '../../bundles/site-rule.ts';
import type { RunState } from '../outcome.ts';
import { type Audience, type OwnScores, seesOwnScores } from './own-scores.ts';
import { type SiteStanding, sentenceOf, sitesNeeded, standingOf } from './standing.ts';

/** How far the sites of a submission to one task are, for people. */
export interface SitesView {
  readonly standing: SiteStanding;
  /** Sites in the combined score. */
  readonly done: number;
  /** Sites that were asked. */
  readonly of: number;
  /** Sites that a combined score needs. */
  readonly needed: number;
  /** When a late site changed the score, after the submission was over; null when none has. */
  readonly updatedAt: Date | null;
  /** What is missing, withheld or left out, and why; null when there is nothing to say. */
  readonly sentence: string | null;
}

/** A run as it is read for people. */
export interface ReadRun extends OwnScores {
  readonly id: number;
  readonly siteTitle: string | null;
  readonly state: RunState;
  readonly scores: Readonly<Record<string, number>> | null;
  readonly siteWeight: number | null;
}

/** Null for a submission that did not go to sites. */
export function toSitesView(
  rule: SiteRule | null,
  runs: readonly ReadRun[],
  finishedAt: Date | null,
): SitesView | null {
  const atSites = runs.flatMap(({ id, siteId, siteTitle, sharesScores, siteShares, combinedAt, ...run }) =>
    siteId === null
      ? []
      : [
          {
            ...run,
            runId: id,
            siteId,
            siteTitle: siteTitle ?? '',
            sharesScores: sharesScores ?? siteShares ?? false,
            combinedAt: combinedAt?.getTime() ?? null,
          },
        ],
  );
  if (atSites.length === 0) return null;
  const combined = runs.flatMap(({ combinedAt }) => combinedAt ?? []);
  const last = combined.reduce<Date | null>((latest, at) => (latest && latest > at ? latest : at), null);
  const known = rule ?? DEFAULT_SITE_RULE;
  return {
    standing: standingOf(known, atSites),
    done: combined.length,
    of: atSites.length,
    needed: sitesNeeded(known, atSites.length),
    updatedAt: last && finishedAt && last > finishedAt ? last : null,
    sentence: sentenceOf(known, atSites),
  };
}

/** A run's scores as far as the site and the task let somebody see them; null where they are kept back. */
export function ownScores(
  rule: SiteRule | null,
  run: ReadRun,
  audience: Audience,
): Readonly<Record<string, number>> | null {
  return seesOwnScores(rule, run, audience) ? run.scores : null;
}
