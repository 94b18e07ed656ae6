import { DomainError } from '../http/domain-error.ts';

export class BoardHiddenError extends DomainError {
  readonly code = 'board_hidden';
  readonly kind = 'forbidden';

  constructor() {
    super('The organizers keep this board to themselves for now.');
  }
}
