import { DomainError } from '../http/domain-error.ts';

/** There is none, or none for whoever asks: the same answer to both. */
export class ReceiptMissingError extends DomainError {
  readonly code = 'receipt_missing';
  readonly kind = 'missing';

  constructor() {
    super('there is no such receipt, or you may not see the scores that it is about');
  }
}
