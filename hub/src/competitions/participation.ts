import { type Actor, requireUser } from '../accounts/access.ts';
import { findLacking } from '../accounts/required-attributes.ts';
import type { Database } from '../db/database.ts';
import { decodeIdCursor, type Page, toPage } from '../db/page.ts';
import type { ParticipantStatus } from './access.ts';
import {
  AttributesLackingError,
  ParticipantMissingError,
  ParticipationDeniedError,
  TermsChangedError,
} from './errors.ts';
import type { CompetitionGate } from './gate.ts';
import {
  deleteParticipant,
  findAttributes,
  findParticipant,
  listParticipants,
  updateParticipant,
  upsertParticipant,
} from './participation-store.ts';

export interface Participant {
  readonly id: number;
  readonly username: string;
  readonly displayName: string;
  readonly email: string;
  readonly status: ParticipantStatus;
  readonly acceptedTermsVersion: number;
  readonly createdAt: Date;
}

export interface Participation {
  /**
   * Accepts the terms and takes part, or asks to. Doing it again accepts changed terms.
   * @param acceptTermsVersion the version of the terms that the person has seen
   * @throws CompetitionMissingError | TermsChangedError | ParticipationDeniedError | AttributesLackingError
   */
  join(
    actor: Actor,
    request: { id: number; acceptTermsVersion: number; secretKey?: string | undefined },
  ): Promise<{ status: ParticipantStatus }>;
  /** Submissions stay; who was denied stays denied. */
  leave(actor: Actor, competitionId: number): Promise<void>;
  /** For organizers. */
  list(
    actor: Actor,
    filter: {
      competitionId: number;
      status?: ParticipantStatus | undefined;
      cursor?: string | undefined;
      limit?: number | undefined;
    },
  ): Promise<Page<Participant>>;
  /** For organizers. @throws ParticipantMissingError */
  decide(actor: Actor, participantId: number, status: 'approved' | 'denied'): Promise<void>;
}

export function createParticipation({ queries }: Database, gate: CompetitionGate): Participation {
  return {
    async join(actor, { id, acceptTermsVersion, secretKey }) {
      const user = requireUser(actor);
      const { competition, access } = await gate.view(actor, id, secretKey);
      if (competition.termsVersion !== acceptTermsVersion) throw new TermsChangedError();
      if (access.participantStatus === 'denied') throw new ParticipationDeniedError();
      const required = competition.requiredAttributes ?? [];
      // Who takes part already only accepts new terms.
      if (required.length > 0 && access.participantStatus === null && !access.canManage) {
        const lacking = findLacking(required, await findAttributes(queries, user.id));
        if (lacking.length > 0) throw new AttributesLackingError(lacking);
      }
      const isApproved = access.canManage || access.isUnlimited || competition.registrationAutoApprove;
      const status = await upsertParticipant(queries, {
        competitionId: id,
        userId: user.id,
        status: isApproved ? 'approved' : 'pending',
        acceptedTermsVersion: acceptTermsVersion,
      });
      return { status };
    },

    async leave(actor, competitionId) {
      await deleteParticipant(queries, competitionId, requireUser(actor).id);
    },

    async list(actor, { competitionId, status, cursor, limit = 50 }) {
      await gate.manage(actor, competitionId);
      const rows = await listParticipants(queries, {
        competitionId,
        ...(status && { status }),
        after: decodeIdCursor(cursor),
        limit: limit + 1,
      });
      return toPage(rows, limit, ({ id }) => id);
    },

    async decide(actor, participantId, status) {
      requireUser(actor);
      const participant = await findParticipant(queries, participantId);
      const access = participant && (await gate.find(actor, participant.competitionId))?.access;
      if (!access?.canManage) throw new ParticipantMissingError();
      await updateParticipant(queries, participantId, status);
    },
  };
}
