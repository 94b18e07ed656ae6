import { DomainError } from '../../http/domain-error.ts';

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
