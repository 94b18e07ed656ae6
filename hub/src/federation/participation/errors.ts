import { DomainError, type DomainErrorKind } from '../../http/domain-error.ts';

/** At the peer: what a home hub says that somebody accepted does not hold. */
export class AcceptanceRefusedError extends DomainError {
  readonly code = 'acceptance_refused';
  readonly kind = 'unauthenticated';

  constructor(detail: string) {
    super(`the statement about the terms is not taken: ${detail}`);
  }
}

/** At home: the terms are not those that the person has seen. */
export class PeerTermsChangedError extends DomainError {
  readonly code = 'terms_changed';
  readonly kind = 'conflict';

  constructor() {
    super('The terms have changed since you opened the page. Read them again, then accept.');
  }
}

/** At home: not even read once. */
export class NeverReadError extends DomainError {
  readonly code = 'peer_never_read';
  readonly kind = 'unavailable';

  constructor(hub: string, why: string) {
    super(`Hub ${hub} has not shown this competition to this hub yet: ${why}`);
  }
}

export type EntryProblem =
  /** Not agreed on by a call, not by this hub, used, replaced or too old. */
  | 'grant_unknown'
  /** The key is of something else. */
  | 'entry_differs'
  | 'entry_unknown'
  | 'entry_withdrawn'
  /** The bytes are not all here. */
  | 'entry_incomplete'
  | 'digest_differs'
  /** The person may not submit there now. */
  | 'entry_not_allowed';

/** At the peer: why a delivery goes no further. */
export class EntryError extends DomainError {
  readonly code: EntryProblem;
  readonly kind: DomainErrorKind;

  constructor(code: EntryProblem, message: string) {
    super(message);
    this.code = code;
    this.kind = code === 'grant_unknown' || code === 'entry_unknown' ? 'missing' : 'conflict';
  }
}

/** At home: also for those of others. */
export class PeerSubmissionMissingError extends DomainError {
  readonly code = 'submission_not_found';
  readonly kind = 'missing';

  constructor() {
    super('There is no such submission to another hub, or it is not yours.');
  }
}

/** At home: what is asked for cannot be done with it now. */
export class DeliveryError extends DomainError {
  readonly code:
    | 'not_registered'
    | 'too_many_waiting'
    | 'not_waiting'
    | 'not_refused'
    | 'files_missing'
    | 'not_entered'
    | 'not_over';
  readonly kind = 'conflict';

  constructor(code: DeliveryError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
