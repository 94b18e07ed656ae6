import { DomainError, type DomainErrorKind } from '../../http/domain-error.ts';

/** Why a call to a peer brought nothing. */
export type PeerCallProblem =
  /** No connection, or it broke; or there is no use in trying again yet. */
  | 'peer_unreachable'
  | 'peer_slow'
  | 'peer_answer_too_large'
  /** The answer is none of this protocol, or says something that it may not say. */
  | 'peer_answer_invalid'
  | 'peer_redirects'
  /** It answered that it does not do it: `refusal` says why. */
  | 'peer_refused'
  /** This hub does not call it: it is paused, not confirmed, revoked, or shows other keys. */
  | 'peer_not_active'
  /** It does not let this hub do that. */
  | 'peer_scope_missing';

/** A call to another hub that brought no answer, or one that does not count. */
export class PeerCallError extends DomainError {
  readonly code: PeerCallProblem;
  readonly kind: DomainErrorKind;
  readonly peer: string;
  /** Stable code of the peer's refusal: one of this protocol's, or the code of an error of the feature that was called. Never trusted to be known. */
  readonly refusal: string | null;
  /** What the peer says about it, cut short and without control characters. Untrusted text. */
  readonly detail: string;

  constructor(
    code: PeerCallProblem,
    peer: string,
    detail: string,
    { refusal = null, cause }: { readonly refusal?: string | null; readonly cause?: unknown } = {},
  ) {
    super(`hub ${peer}: ${detail}`, cause === undefined ? {} : { cause });
    this.code = code;
    // It works, and does not do this.
    this.kind = code === 'peer_refused' ? 'conflict' : 'unavailable';
    this.peer = peer;
    this.refusal = refusal;
    this.detail = detail;
  }

  /** Why, for whoever reads it at this hub: what the peer says of "this hub" is in quotes, as its words. */
  get reason(): string {
    return this.code === 'peer_refused' ? `${this.peer} answers “${this.detail}”` : this.detail;
  }
}

export type PeeringProblem =
  | 'invitation_unreadable'
  | 'invitation_over'
  | 'fingerprint_differs'
  | 'own_invitation'
  | 'peer_name_taken'
  | 'already_peers'
  | 'peer_is_blocked'
  | 'protocol_unsupported'
  | 'wrong_state';

/** Something that administrators or other hubs ask for about a relation, and that cannot be. */
export class PeeringError extends DomainError {
  readonly code: PeeringProblem;
  readonly kind = 'conflict';

  constructor(code: PeeringProblem, message: string) {
    super(message);
    this.code = code;
  }
}

/** The hub of an invitation does not show who it is. */
export class HubUnreachableError extends DomainError {
  readonly code = 'hub_unreachable';
  readonly kind = 'unavailable';

  constructor(address: string, cause: Error) {
    super(`${address} does not show who it is: ${cause.message}`, { cause });
  }
}

export class PeerMissingError extends DomainError {
  readonly code = 'peer_missing';
  readonly kind = 'missing';

  constructor() {
    super('this hub has no such peer');
  }
}
