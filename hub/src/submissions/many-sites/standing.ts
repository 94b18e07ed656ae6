import type { SiteRule } from '../../bundles/site-rule.ts';
import type { RunState } from '../outcome.ts';
import { FEWEST_SITES, type Member, mayAdd, maySee, type Shown } from './disclosure.ts';

/** One site's run of a leaf submission. */
export interface SiteRun {
  readonly runId: number;
  readonly siteId: number;
  readonly siteTitle: string;
  readonly state: RunState;
  readonly scores: Readonly<Record<string, number>> | null;
  /** As the site had it when the run ended, before that as it has it now. */
  readonly sharesScores: boolean;
  /** The count that the rule names; null when the site publishes none. */
  readonly siteWeight: number | null;
  /** Since when the combined score has it, in any unit of time: runs that were added together have the same. Null: it has not. */
  readonly combinedAt: number | null;
}

/**
 * Where the combined score of a leaf stands.
 * - `waiting`: there is none yet, and more sites may come.
 * - `partial`: there is one, and more sites may come.
 * - `complete`: there is one, and all sites are over.
 * - `withheld`: there is none although enough sites have answered, since it would reveal what one of them keeps to itself.
 * - `missed`: there is none, and too few sites have answered.
 */
export type SiteStanding = 'waiting' | 'partial' | 'complete' | 'withheld' | 'missed';

const OVER: readonly RunState[] = ['finished', 'failed', 'cancelled', 'refused'];

const isOver = ({ state }: SiteRun) => OVER.includes(state);
const isIn = ({ combinedAt }: SiteRun) => combinedAt !== null;

/** Sites that have brought scores which can count. */
export function answered(rule: SiteRule, runs: readonly SiteRun[]): SiteRun[] {
  return runs.filter(
    ({ state, scores, siteWeight }) =>
      state === 'finished' && scores !== null && (rule.combine !== 'weighted' || (siteWeight ?? 0) > 0),
  );
}

/** How many sites a combined score needs. */
export function sitesNeeded(rule: SiteRule, asked: number): number {
  return rule.missing === 'wait' ? asked : Math.max(rule.quorum ?? 1, rule.minSites);
}

/** Where no combined score may stand before all sites are over: it could not be changed afterwards without setting a site apart. */
function waitsForAll(rule: SiteRule, runs: readonly SiteRun[]): boolean {
  const withholds = runs.length > 1 && runs.some(({ sharesScores }) => !sharesScores);
  if (!withholds || runs.every(isOver)) return false;
  if (rule.quorum === null || rule.missing === 'worst') return true;
  // A site that is at work will be over soon; one that only waits, because it is offline, holds up nobody.
  return runs.some((run) => !isOver(run) && run.state !== 'queued');
}

/**
 * The runs to add to the combined score now; none when it is to stay as it is. They are all that have answered, if that may be; without the
 * sites that withhold, if those would be set apart; or the sites of an earlier submission of the same person.
 *
 * @param shown combined scores of the person's other submissions to the task
 */
export function nextMembers(rule: SiteRule, runs: readonly SiteRun[], shown: readonly Shown[]): SiteRun[] {
  const here = answered(rule, runs);
  if (here.length < sitesNeeded(rule, runs.length) || waitsForAll(rule, runs)) return [];
  const added = here.filter((run) => !isIn(run));
  const current = here.filter(isIn);
  const choices = [
    added,
    added.filter(({ sharesScores }) => sharesScores),
    ...earlier(current, added, shown),
  ];
  return (
    choices.find(
      (choice) => choice.length > 0 && isHarmless(rule, runs, { current, added: choice }, shown),
    ) ?? []
  );
}

function isHarmless(
  rule: SiteRule,
  runs: readonly SiteRun[],
  { current, added }: { current: readonly SiteRun[]; added: readonly SiteRun[] },
  shown: readonly Shown[],
): boolean {
  const inside = [...current, ...added];
  if (inside.length < sitesNeeded(rule, runs.length)) return false;
  const member = (run: SiteRun) => toMember(rule, run);
  if (!mayAdd(current.map(member), added.map(member), runs.length)) return false;
  const own = stepsOf(rule, runs);
  return maySee([...shown, ...own], toShown(rule, runs, inside));
}

/** Sites of earlier combined scores that could be this one's, most first. */
function earlier(
  current: readonly SiteRun[],
  added: readonly SiteRun[],
  shown: readonly Shown[],
): SiteRun[][] {
  return shown
    .map(({ members }) => new Set(members.map(({ siteId }) => siteId)))
    .filter((sites) => current.every(({ siteId }) => sites.has(siteId)))
    .sort((a, b) => b.size - a.size)
    .filter((sites) => [...current, ...added].filter(({ siteId }) => sites.has(siteId)).length === sites.size)
    .map((sites) => added.filter(({ siteId }) => sites.has(siteId)));
}

/** What a submission has shown: its combined scores, one after the other, and the scores of sites that share theirs. */
export function stepsOf(rule: SiteRule, runs: readonly SiteRun[]): Shown[] {
  const moments = [...new Set(runs.flatMap(({ combinedAt }) => combinedAt ?? []))];
  const combined = moments.map((moment) =>
    toShown(
      rule,
      runs,
      runs.filter(({ combinedAt }) => combinedAt !== null && combinedAt <= moment),
    ),
  );
  const shared = runs.filter(({ sharesScores, scores }) => sharesScores && scores !== null);
  return [...combined, ...shared.map((run) => ({ members: [toMember(rule, run)], missing: 0 }))];
}

function toShown(rule: SiteRule, runs: readonly SiteRun[], inside: readonly SiteRun[]): Shown {
  return {
    members: inside.map((run) => toMember(rule, run)),
    missing: rule.missing === 'worst' ? runs.length - inside.length : 0,
  };
}

function toMember(rule: SiteRule, { siteId, sharesScores, siteWeight }: SiteRun): Member {
  return { siteId, shares: sharesScores, weight: rule.combine === 'weighted' ? (siteWeight ?? 0) : 1 };
}

export function standingOf(rule: SiteRule, runs: readonly SiteRun[]): SiteStanding {
  if (runs.some(isIn)) return runs.every(isOver) ? 'complete' : 'partial';
  if (!runs.every(isOver)) return 'waiting';
  return answered(rule, runs).length < sitesNeeded(rule, runs.length) ? 'missed' : 'withheld';
}

/** The same in words, for the participant and the organizers. */
export function sentenceOf(rule: SiteRule, runs: readonly SiteRun[]): string | null {
  const here = answered(rule, runs);
  const needed = sitesNeeded(rule, runs.length);
  const standing = standingOf(rule, runs);
  switch (standing) {
    case 'waiting':
      if (here.length < needed) return `${here.length} of ${sites(needed)} needed for a combined score.`;
      return `${here.length} of ${sites(runs.length)} have answered. The combined score comes when all are over: some keep their own scores to themselves, and one that came later could be told from the change.`;
    case 'missed':
      return `There is no combined score: ${here.length} of ${sites(needed)} needed have brought scores.${unweighed(rule, runs)}`;
    case 'withheld':
      return here.length < FEWEST_SITES
        ? `There is no combined score: with fewer than ${FEWEST_SITES} sites it would reveal what one of them keeps to itself.`
        : 'There is no combined score: together with what was shown before it would reveal what one of the sites keeps to itself.';
    case 'partial':
    case 'complete': {
      const left = here.filter((run) => !isIn(run)).map(({ siteTitle }) => siteTitle);
      const open = runs.filter((run) => !isOver(run)).map(({ siteTitle }) => siteTitle);
      const parts = [
        ...(open.length > 0 ? [`Still to come: ${open.join(', ')}.`] : []),
        ...(left.length > 0
          ? [
              `Answered and left out: ${left.join(', ')}. Adding it would reveal what a site keeps to itself${open.length > 0 ? '; it is added with the next one' : ''}.`,
            ]
          : []),
      ];
      return `${parts.join(' ')}${unweighed(rule, runs)}`.trim() || null;
    }
    default:
      return standing satisfies never;
  }
}

function unweighed({ combine, weight }: SiteRule, runs: readonly SiteRun[]): string {
  if (combine !== 'weighted') return '';
  const without = runs.filter(({ state, siteWeight }) => state === 'finished' && !((siteWeight ?? 0) > 0));
  return without.length > 0
    ? ` Without the count "${weight}" and so without weight: ${without.map(({ siteTitle }) => siteTitle).join(', ')}.`
    : '';
}

function sites(count: number): string {
  return count === 1 ? '1 site' : `${count} sites`;
}
