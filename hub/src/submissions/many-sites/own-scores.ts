import { DEFAULT_SITE_RULE, type SiteRule } from '../../bundles/site-rule.ts';

/** What decides whether the scores of one run may be seen as that run's. */
export interface OwnScores {
  /** Null for a run that any node of a queue may take: what is scored there is no site's secret. */
  readonly siteId: number | null;
  /** As the site had it when the run ended. */
  readonly sharesScores: boolean | null;
  /** As the site has it now. */
  readonly siteShares: boolean | null;
  /** On synthetic data: no site's secret. */
  readonly isRehearsal: boolean;
  /** Since when the combined score has it; null: it has not. */
  readonly combinedAt: Date | null;
}

export interface Audience {
  /** How many sites the submission went to. */
  readonly asked: number;
  readonly canManage: boolean;
}

/**
 * Whether anybody at all may see a run's own scores, organizers and administrators included, wherever they are shown: pages, the API, receipts.
 * A site that shared them and no longer does is heeded at once; one that begins to share does so for runs that end from then on, since
 * what stands of older ones was combined on the understanding that it does not.
 *
 * @param asked how many sites the submission went to: the only one's score is the score, unless that may not be shown
 */
export function showsOwnScores(run: OwnScores, asked: number): boolean {
  return (
    run.siteId === null ||
    run.isRehearsal ||
    (asked === 1 && run.combinedAt !== null) ||
    (run.sharesScores === true && run.siteShares === true)
  );
}

/** Whether these people may see them. Of several sites, the task may have participants see the combined score alone. */
export function seesOwnScores(
  rule: SiteRule | null,
  run: OwnScores,
  { asked, canManage }: Audience,
): boolean {
  const seesSites =
    run.siteId === null || asked === 1 || canManage || (rule ?? DEFAULT_SITE_RULE).perSite === 'shown';
  return seesSites && showsOwnScores(run, asked);
}
