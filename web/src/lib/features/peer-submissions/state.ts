import type { PeerSubmission } from '#lib/api/types.ts';
import { isSettled, type Shown, showStatus } from '#lib/features/submissions/status.ts';

/** How far it is: on its way to the hub, or there. */
export function showPeerState({ state, hub, submission, isLost, sentBytes }: PeerSubmission): Shown {
  switch (state) {
    case 'queued':
      return sentBytes > 0
        ? { label: `On its way to ${hub}`, tone: 'active' }
        : { label: `Waiting for ${hub}`, tone: 'waiting' };
    case 'withdrawing':
      return { label: 'Being withdrawn', tone: 'waiting' };
    case 'withdrawn':
      return { label: 'Withdrawn', tone: 'neutral' };
    case 'refused':
      return { label: `Refused by ${hub}`, tone: 'bad' };
    case 'entered':
      if (isLost) return { label: `Not known at ${hub} any more`, tone: 'bad' };
      return submission ? showStatus(submission.status) : { label: `At ${hub}`, tone: 'waiting' };
    default:
      return state satisfies never;
  }
}

/** Whether its owner can still take it back or cancel it. */
export function canWithdraw({ state, submission, isLost }: PeerSubmission): boolean {
  if (state === 'queued') return true;
  return state === 'entered' && !isLost && submission !== null && !isSettled(submission.status);
}

export function peerSubmissionHref({ hub, id }: Pick<PeerSubmission, 'hub' | 'id'>): string {
  return `/peers/${hub}/submissions/${id}`;
}
