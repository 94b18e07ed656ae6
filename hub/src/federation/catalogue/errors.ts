import { DomainError } from '../../http/domain-error.ts';

export type CatalogueProblem =
  | 'key_unknown'
  | 'key_retired'
  | 'signature_invalid'
  | 'origin_wrong'
  | 'entry_unreadable'
  | 'order_wrong'
  | 'too_many'
  | 'restarts';

/** A page of a peer's catalogue of which nothing is taken. */
export class CatalogueRefusedError extends DomainError {
  readonly code = 'catalogue_refused';
  readonly kind = 'unavailable';
  readonly problem: CatalogueProblem;

  constructor(problem: CatalogueProblem, detail: string) {
    super(detail);
    this.problem = problem;
  }
}

export class PeerCompetitionMissingError extends DomainError {
  readonly code = 'peer_competition_missing';
  readonly kind = 'missing';

  constructor() {
    super('no such competition of another hub is known here: it may have been withdrawn');
  }
}

export class AudienceError extends DomainError {
  readonly code = 'audience_invalid';
  readonly kind = 'invalid';

  constructor() {
    super('choose peers of this hub, or all of them, or none');
  }
}
