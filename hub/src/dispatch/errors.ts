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

export type LimitKind = 'limit_per_day' | 'limit_per_month' | 'limit_per_person' | 'limit_at_a_time';

export class LimitReachedError extends DomainError {
  readonly code: LimitKind;
  readonly kind = 'too_many';

  constructor(code: LimitKind, limit: number) {
    super(LIMIT_REACHED[code](limit));
    this.code = code;
  }
}

const LIMIT_REACHED: Readonly<Record<LimitKind, (limit: number) => string>> = {
  limit_per_day: (limit) =>
    `You have used all ${limit} submissions of today in this phase. The next day begins at 00:00 UTC.`,
  limit_per_month: (limit) =>
    `You have used all ${limit} submissions of this month in this phase. The next month begins on the 1st, at 00:00 UTC.`,
  limit_per_person: (limit) => `You have used all ${limit} submissions of this phase.`,
  limit_at_a_time: (limit) =>
    `You have ${limit} ${limit === 1 ? 'submission' : 'submissions'} under way in this phase, the most at a time. Wait until one is over, or cancel it.`,
};

/** Organizers do not let this person submit. */
export class SubmitterBlockedError extends DomainError {
  readonly code = 'submitter_blocked';
  readonly kind = 'forbidden';

  constructor(reason: string | null) {
    super(`The organizers do not take submissions of yours in this phase${reason ? `: ${reason}` : '.'}`);
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

/** The task asks a site of another hub alone, and that hub does not let the competition use it, or not any more. */
export class PeerSiteRefusedError extends DomainError {
  readonly code = 'peer_site_not_granted';
  readonly kind = 'unavailable';

  constructor(site: string) {
    const [name, hub] = site.split('@');
    super(
      `hub ${hub} does not let this competition use the data of its site "${name}"; the organizers ask the administrators of hub ${hub}, who permit it on their page of other hubs`,
    );
  }
}

/** The phase has nothing to rehearse on, or no such site has. */
export class RehearsalNotOfferedError extends DomainError {
  readonly code = 'rehearsal_not_offered';
  readonly kind: 'invalid' | 'unavailable';

  constructor(why: 'no_site_data' | 'no_site' | 'not_there') {
    super(REHEARSAL_NOT_OFFERED[why]);
    // A site may offer it one day; to ask the same again is of no use otherwise.
    this.kind = why === 'no_site' ? 'unavailable' : 'invalid';
  }
}

const REHEARSAL_NOT_OFFERED = {
  no_site_data:
    'No task of this phase runs on data of sites, so there is nothing to rehearse: submit, and see the logs of the real run.',
  no_site:
    'No site has synthetic data for the tasks of this phase, so nobody can rehearse it yet; ask the organizers to ask the sites.',
  not_there: 'This site has no synthetic data for the tasks of this phase. Choose another one, or all.',
};

export class RehearsalLimitError extends DomainError {
  readonly code: 'rehearsals_per_day' | 'rehearsals_in_flight';
  readonly kind = 'too_many';

  constructor(code: 'rehearsals_per_day' | 'rehearsals_in_flight', limit: number) {
    super(
      code === 'rehearsals_per_day'
        ? `You have used all ${limit} rehearsals of today. The next day begins at 00:00 UTC.`
        : `You have ${limit} rehearsals under way, the most at a time. Wait until one is over, or cancel it.`,
    );
    this.code = code;
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
