import { describe, expect, it } from 'vitest';
import type { PeerSubmission } from '#lib/api/types.ts';
import { canWithdraw, showPeerState } from './state.ts';

const on = (change: Partial<PeerSubmission>): PeerSubmission => ({
  id: 1,
  hub: 'south',
  competitionId: 1,
  phaseId: 1,
  fileName: 'a.zip',
  name: '',
  description: '',
  isRehearsal: false,
  state: 'queued',
  problem: null,
  nextTryAt: null,
  sentBytes: 0,
  size: 10,
  createdAt: '2026-01-01T00:00:00.000Z',
  version: 1,
  submission: null,
  asOf: null,
  isLost: false,
  ...change,
});

describe('a submission to a peer', () => {
  it('says whom it waits for', () => {
    expect(showPeerState(on({})).label).toBe('Waiting for south');
    expect(showPeerState(on({ sentBytes: 3 })).label).toBe('On its way to south');
    expect(showPeerState(on({ state: 'refused' }))).toEqual({ label: 'Refused by south', tone: 'bad' });
  });

  it('can be taken back while it is not over', () => {
    expect(canWithdraw(on({}))).toBe(true);
    expect(canWithdraw(on({ state: 'refused' }))).toBe(false);
    expect(canWithdraw(on({ state: 'withdrawing' }))).toBe(false);
    expect(canWithdraw(on({ state: 'entered', isLost: true }))).toBe(false);
  });
});
