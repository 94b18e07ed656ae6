/** Which of the sites that hold a dataset are asked, and how their scores become one. */
export interface SiteRule {
  /** By name; `null`: all that hold the dataset. */
  sites: string[] | null;
  /** From so many sites on the submission is finished and its combined score stands, whoever else may still come. `null`: all are waited for. */
  quorum: number | null;
  /** With fewer sites there is no combined score, even when no more can come. */
  minSites: number;
  combine: SiteCombination;
  /** The published count that weighs the sites; set exactly when `combine` is `weighted`. */
  weight: string | null;
  /**
   * What a site means that has no scores for a submission: left out (`ignore`), counted with the worst score that a column can have once all
   * sites are over (`worst`), or a reason not to combine (`wait`).
   */
  missing: 'ignore' | 'worst' | 'wait';
  /** Whether participants see the scores of single sites, as far as those share them. Organizers do in any case. */
  perSite: 'shown' | 'hidden';
}

export type SiteCombination = 'mean' | 'weighted' | 'median' | 'worst' | 'best';

export const DEFAULT_SITE_RULE: SiteRule = {
  sites: null,
  quorum: null,
  minSites: 1,
  combine: 'mean',
  weight: null,
  missing: 'ignore',
  perSite: 'shown',
};
