/** From here on a number is not a score but a message: a double holds far more than any measurement. */
const MAX_SCORE = 1e10;

export interface ScoreGate {
  /** The keys of the leaderboard's columns that a run may fill. */
  readonly keys: readonly string[];
  /** Keys that the scoring program wrote besides. */
  readonly undeclared: readonly string[];
  /** Whether the run saw data of the site. */
  readonly siteData: boolean;
}

export type ScoreRelease =
  | { readonly kind: 'released'; readonly values: Readonly<Record<string, number>> }
  /** A score is NaN, infinite or too large: the organizer's fault. */
  | { readonly kind: 'out-of-range'; readonly key: string }
  /** The program wants to let out something that nobody asked for. */
  | { readonly kind: 'refused'; readonly key: string };

/**
 * The egress gate for scores: nothing but finite numbers below 10^10 in magnitude, under keys that the competition announced.
 * An unknown key next to data of the site refuses the release as a whole, since a program that sends what it was not asked for may be
 * sending data. Without such data it is dropped, as Codabench does.
 */
export function releaseScores(
  scores: Readonly<Record<string, number>>,
  { keys, undeclared, siteData }: ScoreGate,
): ScoreRelease {
  const announced = new Set(keys);
  const unknown = [...undeclared, ...Object.keys(scores)].find((key) => !announced.has(key));
  if (siteData && unknown !== undefined) return { kind: 'refused', key: unknown };
  const values: Record<string, number> = {};
  for (const [key, score] of Object.entries(scores)) {
    if (!announced.has(key)) continue;
    if (!Number.isFinite(score) || Math.abs(score) >= MAX_SCORE) return { kind: 'out-of-range', key };
    values[key] = score;
  }
  return { kind: 'released', values };
}
