import { type Actor, isAdmin } from '../accounts/access.ts';
import type { participantStatus } from './schema.ts';

export type ParticipantStatus = (typeof participantStatus.enumValues)[number];

/** What decides about access, of the competition and of the actor's part in it. */
export interface Membership {
  readonly createdBy: number;
  readonly published: boolean;
  readonly secretKey: string;
  readonly deletedAt: Date | null;
  readonly allowRobotSubmissions: boolean;
  /** Of the actor; null for strangers. */
  readonly participantStatus: ParticipantStatus | null;
  readonly isCollaborator: boolean;
}

export interface CompetitionAccess {
  readonly canView: boolean;
  /** Organizers (who made it, and collaborators) and administrators. */
  readonly canManage: boolean;
  /** Only who made it, and administrators. */
  readonly canRemove: boolean;
  readonly canSubmit: boolean;
  /** Robots where they are allowed: limits do not count for them. */
  readonly isUnlimited: boolean;
  readonly participantStatus: ParticipantStatus | null;
}

const NONE: CompetitionAccess = {
  canView: false,
  canManage: false,
  canRemove: false,
  canSubmit: false,
  isUnlimited: false,
  participantStatus: null,
};

/** The one place that decides who may do what with a competition and what belongs to it. What is not granted here is denied. */
export function accessTo(
  competition: Membership,
  actor: Actor,
  secretKey: string | null = null,
): CompetitionAccess {
  if (competition.deletedAt) return NONE;
  const isOpenToActor = competition.published || secretKey === competition.secretKey;
  if (actor.kind === 'anonymous') return { ...NONE, canView: isOpenToActor };

  const canRemove = isAdmin(actor) || competition.createdBy === actor.user.id;
  const canManage = canRemove || competition.isCollaborator;
  const isRobotHere = actor.user.isRobot && (competition.allowRobotSubmissions || canManage);
  const { participantStatus } = competition;
  const takesPart = participantStatus === 'approved' || participantStatus === 'pending';
  return {
    canView: isOpenToActor || canManage || isRobotHere || takesPart,
    canManage,
    canRemove,
    canSubmit: canManage || isRobotHere || participantStatus === 'approved',
    isUnlimited: isRobotHere,
    participantStatus,
  };
}
