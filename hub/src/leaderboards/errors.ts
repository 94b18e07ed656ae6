import { DomainError } from '../http/domain-error.ts';

export class BoardHiddenError extends DomainError {
  readonly code = 'board_hidden';
  readonly kind = 'forbidden';

  constructor() {
    super('The organizers keep this board to themselves for now.');
  }
}

export class EntryMissingError extends DomainError {
  readonly code = 'entry_not_found';
  readonly kind = 'missing';

  constructor(submissionId: number) {
    super(`Submission ${submissionId} is on no board. Put it on its board first.`);
  }
}

export class SplitMissingError extends DomainError {
  readonly code = 'split_not_found';
  readonly kind = 'missing';

  constructor(key: string) {
    super(`The board has no split "${key}", or it is not open to you yet.`);
  }
}
