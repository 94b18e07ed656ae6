import { DomainError } from '../http/domain-error.ts';

export class CreationMissingError extends DomainError {
  readonly code = 'creation_not_found';
  readonly kind = 'missing';

  constructor() {
    super('There is no such upload of a competition or task, or it is not yours.');
  }
}
