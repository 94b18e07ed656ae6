import type { ParticipantStatus } from '#lib/api/types.ts';
import type { Shown } from '#lib/features/submissions/status.ts';

export const participantStatuses = ['pending', 'approved', 'denied'] as const satisfies ParticipantStatus[];

const shown: Record<ParticipantStatus, Shown> = {
  pending: { label: 'Pending', tone: 'waiting' },
  approved: { label: 'Approved', tone: 'good' },
  denied: { label: 'Denied', tone: 'bad' },
};

export function showParticipantStatus(status: ParticipantStatus): Shown {
  return shown[status];
}
