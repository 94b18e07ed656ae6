import { describe, expect, it } from 'vitest';
import { DEFAULT_SITE_RULE } from '../../bundles/site-rule.ts';
import { type OwnScores, seesOwnScores } from './own-scores.ts';

const shared: OwnScores = {
  siteId: 1,
  sharesScores: true,
  siteShares: true,
  isRehearsal: false,
  combinedAt: new Date(),
};
const kept: OwnScores = { ...shared, sharesScores: false, siteShares: false };
const participant = { asked: 3, canManage: false };
const organizer = { asked: 3, canManage: true };
const hidden = { ...DEFAULT_SITE_RULE, perSite: 'hidden' } as const;

describe("a run's own scores", () => {
  it('of a site that shares are for everybody', () => {
    expect(seesOwnScores(null, shared, participant)).toBe(true);
  });

  it('are for organizers alone where the task hides single sites', () => {
    expect(seesOwnScores(hidden, shared, participant)).toBe(false);
    expect(seesOwnScores(hidden, shared, organizer)).toBe(true);
  });

  it.each([
    ['of a site that keeps them', kept],
    ['of a site that took sharing back', { ...shared, siteShares: false }],
    ['of a site that shares only since', { ...kept, siteShares: true }],
  ])('%s are for nobody', (_what, run) => {
    expect(seesOwnScores(null, run, participant)).toBe(false);
    expect(seesOwnScores(null, run, organizer)).toBe(false);
  });

  it('of the only site are the score, unless that may not be shown', () => {
    const alone = { asked: 1, canManage: false };
    expect(seesOwnScores(hidden, kept, alone)).toBe(true);
    expect(seesOwnScores(hidden, { ...kept, combinedAt: null }, alone)).toBe(false);
  });

  it('on synthetic data, or of a queue, are no secret', () => {
    expect(seesOwnScores(null, { ...kept, isRehearsal: true }, participant)).toBe(true);
    expect(seesOwnScores(hidden, { ...kept, siteId: null }, participant)).toBe(true);
  });
});
