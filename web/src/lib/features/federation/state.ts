import type { Peer, PeerDecision } from '#lib/api/types.ts';
import type { Tone } from '#lib/features/submissions/status.ts';

const STATES: Record<Peer['state'], { label: string; tone: Tone }> = {
  waiting: { label: 'Waits for its administrator', tone: 'waiting' },
  asking: { label: 'Asks to be confirmed', tone: 'active' },
  active: { label: 'Active', tone: 'good' },
  paused: { label: 'Paused', tone: 'waiting' },
  identity_changed: { label: 'Identity changed', tone: 'bad' },
  revoked: { label: 'Ended', tone: 'neutral' },
  blocked: { label: 'Blocked', tone: 'bad' },
};

export function stateOf(peer: Pick<Peer, 'state' | 'theirState' | 'unreachableSince'>): {
  label: string;
  tone: Tone;
} {
  if (peer.state === 'active' && peer.unreachableSince) return { label: 'Does not answer', tone: 'bad' };
  if (peer.state === 'active' && peer.theirState === 'paused')
    return { label: 'Paused by its administrators', tone: 'waiting' };
  return STATES[peer.state];
}

/** Nothing is going on between the hubs any more. */
export function isOver(state: Peer['state']): boolean {
  return state === 'revoked' || state === 'blocked';
}

/** Calls hold while clocks differ by no more than 30 s. */
export function clockText(aheadMs: number | null): string {
  if (aheadMs === null) return 'not known yet';
  const seconds = Math.round(aheadMs / 1_000);
  if (Math.abs(seconds) < 2) return 'as that of this hub';
  return `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'}${Math.abs(seconds) >= 30 ? ': too far, synchronise both (NTP)' : ''}`;
}

const CHECK = { decision: 'check', label: 'Ask it now' } as const;
const REVOKE = { decision: 'revoke', label: 'End' } as const;
const BLOCK = { decision: 'block', label: 'Block' } as const;

/** What an administrator can do about it, besides confirming and choosing between keys. */
export function decisionsFor(state: Peer['state']): readonly { decision: PeerDecision; label: string }[] {
  if (state === 'active') return [CHECK, { decision: 'pause', label: 'Pause' }, REVOKE, BLOCK];
  if (state === 'paused') return [CHECK, { decision: 'resume', label: 'Resume' }, REVOKE, BLOCK];
  if (state === 'revoked') return [BLOCK];
  if (state === 'blocked') return [{ decision: 'unblock', label: 'Unblock' }];
  return [CHECK, REVOKE, BLOCK];
}

export const END_WORDS = {
  revoke: {
    verb: 'End',
    effect:
      'Neither hub does anything for the other any more, and the other one is told. A new invitation begins anew.',
  },
  block: {
    verb: 'Block',
    effect: 'All its calls are refused, and it cannot accept invitations until it is unblocked.',
  },
} as const;
