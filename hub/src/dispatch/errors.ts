import { DomainError } from '../http/domain-error.ts';

export class PhaseNotOpenError extends DomainError {
  readonly code = 'phase_not_open';
  readonly kind = 'forbidden';

  constructor(startsAt: Date, endsAt: Date | null) {
    const dates = endsAt
      ? `it is open from ${startsAt.toISOString()} to ${endsAt.toISOString()}`
      : `it opens at ${startsAt.toISOString()}`;
    super(`this phase does not take submissions now: ${dates}`);
  }
}

export class LimitReachedError extends DomainError {
  readonly code: 'limit_per_day' | 'limit_per_person';
  readonly kind = 'too_many';

  constructor(code: 'limit_per_day' | 'limit_per_person', limit: number) {
    super(
      code === 'limit_per_day'
        ? `you have used all ${limit} submissions of today in this phase; the next day begins at 00:00 UTC`
        : `you have used all ${limit} submissions of this phase`,
    );
    this.code = code;
  }
}

export class NoSuchSiteDataError extends DomainError {
  readonly code = 'no_site_holds_data';
  readonly kind = 'unavailable';

  constructor(dataset: string) {
    super(
      `no site holds the dataset ${dataset} yet, so nobody can score this submission; ask the organizer, or try again later`,
    );
  }
}

export class PhaseMissingError extends DomainError {
  readonly code = 'phase_not_found';
  readonly kind = 'missing';

  constructor() {
    super('there is no such phase, or it has no such task');
  }
}

/** The address is not of this hub's making, or the attempt that it was made for is over. */
export class GrantRefusedError extends DomainError {
  readonly code = 'grant_refused';
  readonly kind = 'forbidden';

  constructor() {
    super('this address is not valid, or no longer: it ends with the attempt that it was made for');
  }
}
