import type { FileKind } from '../../../submissions/files.ts';
import type { PeerSubmissionDetails, PeerSubmissionView } from '../wire/submission.ts';
import type { Delivery, DeliveryState } from './delivery-store.ts';

/** A submission to a competition of a peer, as its owner sees it at home. */
export interface PeerSubmission {
  readonly id: number;
  readonly hub: string;
  readonly competitionId: number;
  readonly phaseId: number;
  readonly fileName: string;
  readonly name: string;
  readonly description: string;
  readonly isRehearsal: boolean;
  readonly state: DeliveryState;
  /** Why it waits, or was refused: the peer's words. */
  readonly problem: { readonly code: string; readonly detail: string } | null;
  readonly nextTryAt: Date | null;
  readonly sentBytes: number;
  readonly size: number;
  readonly createdAt: Date;
  readonly version: number;
  /** What the peer last said of it, and when. */
  readonly submission: PeerSubmissionView | null;
  readonly asOf: Date | null;
  /** The peer does not tell of it any more. */
  readonly isLost: boolean;
}

/** What its owner may do with it at the peer, its files through this hub, and what they answered. */
export interface PeerSubmissionDetail extends Omit<PeerSubmissionDetails, 'files'> {
  /** From here, and where the peer has it, from there. */
  readonly canRemove: boolean;
  readonly files: {
    readonly kind: FileKind;
    readonly name: string;
    /** The task, of a part. */
    readonly of: string | null;
    readonly url: string;
  }[];
  readonly factSheet: { readonly key: string; readonly title: string; readonly answer: unknown }[];
}

export function toView({ delivery, hub }: { delivery: Delivery; hub: string }): PeerSubmission {
  const { id, competitionId, phaseId, request, remote, state, problem, problemDetail, version } = delivery;
  const { fileName, size } = request;
  // As it is called there since.
  const { name, description } = remote ?? request;
  const waits = state === 'queued' || state === 'withdrawing';
  return {
    id,
    hub,
    competitionId,
    phaseId,
    fileName,
    name,
    description,
    isRehearsal: Boolean(request.rehearsal),
    state,
    problem: problem === null ? null : { code: problem, detail: problemDetail ?? '' },
    nextTryAt: waits && delivery.heldUntil === null ? delivery.nextTryAt : null,
    sentBytes: delivery.sentBytes,
    size,
    createdAt: delivery.createdAt,
    version,
    submission: remote,
    asOf: delivery.lookedAt,
    isLost: delivery.isLost,
  };
}

export function isRemovable({ state, isOver, isLost }: Delivery): boolean {
  return state === 'refused' || state === 'withdrawn' || (state === 'entered' && (isOver || isLost));
}
