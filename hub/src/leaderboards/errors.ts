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

export class BoardMissingError extends DomainError {
  readonly code = 'board_not_found';
  readonly kind = 'missing';

  constructor() {
    super('This competition has no such board any more. Load the page again.');
  }
}

export class BoardInUseError extends DomainError {
  readonly code = 'board_in_use';
  readonly kind = 'conflict';

  constructor(title: string, phases: readonly string[]) {
    super(`"${title}" is the board of ${phases.join(', ')}. Give these phases another one first.`);
  }
}

/** An edited board that breaks the rules of bundles, with all that is wrong. */
export class BoardInvalidError extends DomainError {
  readonly code = 'board_invalid';
  readonly kind = 'invalid';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}
