import { DomainError, type DomainErrorKind } from '../../http/domain-error.ts';

/** Why a hub does not take a run that another hands over. Closed: the other hub decides by the code what becomes of the run. */
export const OFFER_REFUSALS = {
  /** Its administrators have not let the competition use the data of the site, or have taken it back; there may be no such site. */
  evaluation_not_granted: 'forbidden',
  /** What is asked for contradicts itself, or goes beyond what one hub may ask of another. */
  evaluation_invalid: 'invalid',
  /** A later attempt of the run is known: whoever offers this one has been restored from a backup. */
  evaluation_superseded: 'conflict',
  /** It has as many runs of the other hub as it takes at a time. */
  evaluation_full: 'too_many',
} as const satisfies Record<string, DomainErrorKind>;

export type OfferRefusal = keyof typeof OFFER_REFUSALS;

export class OfferRefusedError extends DomainError {
  readonly code: OfferRefusal;
  readonly kind: DomainErrorKind;

  constructor(code: OfferRefusal, message: string) {
    super(message);
    this.code = code;
    this.kind = OFFER_REFUSALS[code];
  }
}

/** What an administrator wants to let a peer use is not there. */
export class GrantError extends DomainError {
  readonly code = 'grant_invalid';
  readonly kind = 'invalid';
}

export class GrantMissingError extends DomainError {
  readonly code = 'grant_missing';
  readonly kind = 'missing';

  constructor() {
    super('there is no such permission; it may have been withdrawn meanwhile');
  }
}
