import type { Actor } from '../accounts/access.ts';
import type { CompetitionAccess } from '../competitions/access.ts';
import type { CompetitionGate, ReachedPhase } from '../competitions/gate.ts';
import type { Queries } from '../db/database.ts';
import { SubmissionMissingError } from './errors.ts';
import { findDeletedSubmission, findRun, findSubmission } from './store.ts';

export type FoundSubmission = NonNullable<Awaited<ReturnType<typeof findSubmission>>>;

export interface ReachedSubmission {
  readonly submission: FoundSubmission;
  readonly phase: ReachedPhase['phase'];
  readonly competition: ReachedPhase['competition'];
  readonly access: CompetitionAccess;
  readonly isOwner: boolean;
}

/** The way to a submission, and to all that belongs to one. Each method throws SubmissionMissingError for whoever may not see it. */
export interface SubmissionGate {
  /** Its owner, organizers, robots where they are allowed; and everybody who sees the competition, when it was made public. */
  view(actor: Actor, id: number): Promise<ReachedSubmission>;
  /** Without those for whom it was made public: what they may do is look at it. */
  use(actor: Actor, id: number): Promise<ReachedSubmission>;
  /** One that was deleted: for organizers alone. */
  findDeleted(actor: Actor, id: number): Promise<ReachedSubmission>;
  /** Whoever the actor is: what they may see of it is for the caller to decide. */
  find(actor: Actor, id: number): Promise<ReachedSubmission>;
  /** The leaf submission of a run, whoever the actor is: what they may see of it is for the caller to decide. */
  findOfRun(
    actor: Actor,
    runId: number,
  ): Promise<ReachedSubmission & { run: NonNullable<Awaited<ReturnType<typeof findRun>>> }>;
}

export function createSubmissionGate(queries: Queries, competitions: CompetitionGate): SubmissionGate {
  const find = async (actor: Actor, id: number) => reach(actor, await findSubmission(queries, id));

  async function reach(actor: Actor, submission: FoundSubmission | null): Promise<ReachedSubmission> {
    const reached = submission && (await competitions.findPhase(actor, submission.phaseId));
    if (!reached || reached.competition.deletedAt) throw new SubmissionMissingError();
    return {
      submission,
      ...reached,
      isOwner: actor.kind === 'user' && actor.user.id === submission.ownerId,
    };
  }

  const isInvolved = ({ isOwner, access }: ReachedSubmission) =>
    isOwner || access.canManage || access.isUnlimited;

  return {
    find,

    async findDeleted(actor, id) {
      const reached = await reach(actor, await findDeletedSubmission(queries, id));
      if (!reached.access.canManage) throw new SubmissionMissingError();
      return reached;
    },

    async view(actor, id) {
      const reached = await find(actor, id);
      const isShown = reached.submission.isPublic && reached.access.canView;
      if (!isInvolved(reached) && !isShown) throw new SubmissionMissingError();
      return reached;
    },

    async use(actor, id) {
      const reached = await find(actor, id);
      if (!isInvolved(reached)) throw new SubmissionMissingError();
      return reached;
    },

    async findOfRun(actor, runId) {
      const run = await findRun(queries, runId);
      if (!run) throw new SubmissionMissingError();
      return { ...(await find(actor, run.submissionId)), run };
    },
  };
}
