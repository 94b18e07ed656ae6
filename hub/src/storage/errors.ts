import { DomainError } from '../http/domain-error.ts';

export class BlobTooLargeError extends DomainError {
  readonly code = 'too_large';
  readonly kind = 'too_large';

  constructor(maxBytes: number) {
    super(`The file is larger than the ${maxBytes} bytes that are allowed here.`);
  }
}

/** A digest that a table names and the store does not have: a fault of ours, or of the disk. */
export class BlobMissingError extends Error {
  override readonly name = 'BlobMissingError';

  constructor(digest: string) {
    super(`the blob store has no ${digest}`);
  }
}
