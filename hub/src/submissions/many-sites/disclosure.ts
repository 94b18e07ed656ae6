/**
 * The differencing control. A combined score is a statement about the scores of the sites in it; several statements together may be solved for
 * one site's score, which that site did not share. Whoever reads the hub knows: each combined score that was ever shown and which
 * sites were in it, the scores of sites that share theirs, the sites' counts, and the rules of combination.
 *
 * **Within a submission**, the sites in its combined score only ever grow in number. Where a site in it withholds,
 * 1. there are at least three sites in it, and
 * 2. withholding sites come in steps of at least two; sites that share may come alone.
 * So every withholding site has a twin: another that is in exactly the same combined scores. What is published stays the same when the scores of
 * twins are exchanged (mean, median, worst, best are symmetric), so it cannot say which of them has which.
 * 3. A weighted mean is not symmetric: scores of few digits in known proportions can be told from the last digits of their sum. So those digits are
 *    rounded off (`combine`), and it is shown of one set of sites alone, since several roundings of one sum bring digits back.
 *
 * Three, not two, in the first step: each of two sites knows its own score and could take it off. A later step of two leaves that open to
 * these two; a task that wants more says so with `min_sites` and without a quorum.
 *
 * **Across submissions**, the same program gives the same scores. Whoever enters it again, while other sites answer, gets the score of other
 * sites: {A, B, C} and {A, B, C, D} give D's. So what a person's submissions to a task have shown is taken together, and every withholding site
 * needs a twin in all of it. Sites whose score stood alone, or was shared, in one of them have nothing left to hide in this sense, and the
 * twins of others are looked for without them. Scores that a site shared count as shown too, also when it takes that back later; and a site
 * that has kept a score from a person goes on to keep those of the same dataset from that person when it begins to share with others.
 *
 * What this does not stop: people who act under several names, or a program that behaves differently at each site to make the scores of
 * the others known beforehand. What those can carry away is what the sites' own gates and budgets let out.
 */

/** A site in a combined score. */
export interface Member {
  readonly siteId: number;
  /** Its own score is shown. */
  readonly shares: boolean;
  /** What it counts; 1 unless sites are weighed. */
  readonly weight: number;
}

/** The sites of a combined score that was shown, or is to be. */
export interface Shown {
  readonly members: readonly Member[];
  /** How many missing sites counted as the worst. */
  readonly missing: number;
}

/** Where a site withholds, no fewer make a combined score. */
export const FEWEST_SITES = 3;
/** So many withholding sites come at once. */
export const SMALLEST_STEP = 2;

/** Whether these sites may be added to a submission's combined score. @param asked how many sites the submission went to */
export function mayAdd(current: readonly Member[], added: readonly Member[], asked: number): boolean {
  // The only site's score is the score.
  if (asked === 1) return true;
  const withheld = added.filter(({ shares }) => !shares).length;
  if (withheld > 0 && withheld < SMALLEST_STEP) return false;
  const members = [...current, ...added];
  return members.every(({ shares }) => shares) || members.length >= FEWEST_SITES;
}

/** Whether showing one more leaves no site alone that was not alone before. @param shown of the same person in the same task */
export function maySee(shown: readonly Shown[], next: Shown): boolean {
  if (isRepetition(shown, next)) return true;
  if (isAnotherWeighing(shown, next)) return false;
  const before = alone(shown);
  const added = next.members.length === 1 ? next.members[0]!.siteId : null;
  return [...alone([...shown, next])].every((siteId) => before.has(siteId) || siteId === added);
}

function isRepetition(shown: readonly Shown[], next: Shown): boolean {
  return shown.some((other) => signature(other) === signature(next));
}

function signature({ members, missing }: Shown): string {
  const sites = members.map(({ siteId, shares, weight }) => `${siteId} ${shares} ${weight}`);
  return `${sites.sort().join(', ')} + ${missing}`;
}

/** Whether sites that are weighed and withhold have been shown in another set: two proportions, or two roundings, of the same sum. */
function isAnotherWeighing(shown: readonly Shown[], next: Shown): boolean {
  const isWeighed = [...shown, next].some(({ members }) => members.some(({ weight }) => weight !== 1));
  const withheld = ({ members }: Shown) =>
    members.flatMap(({ siteId, shares }) => (shares || members.length === 1 ? [] : [siteId]));
  const now = new Set(withheld(next));
  return isWeighed && shown.some((other) => withheld(other).some((siteId) => now.has(siteId)));
}

/** Withholding sites without a twin. */
function alone(shown: readonly Shown[]): Set<number> {
  const known = new Set(
    shown.flatMap(({ members }) =>
      members.filter(({ shares }) => shares || members.length === 1).map(({ siteId }) => siteId),
    ),
  );
  const appearances = new Map<number, string>();
  for (const [index, { members }] of shown.entries()) {
    for (const { siteId } of members) {
      if (!known.has(siteId)) appearances.set(siteId, `${appearances.get(siteId) ?? ''} ${index}`);
    }
  }
  const twins = Map.groupBy(appearances.keys(), (siteId) => appearances.get(siteId)!);
  return new Set([...twins.values()].flatMap((sites) => (sites.length === 1 ? sites : [])));
}
