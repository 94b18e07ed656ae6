import { DomainError } from '../http/domain-error.ts';

export class ResourceMissingError extends DomainError {
  readonly code = 'resource_missing';
  readonly kind = 'missing';

  constructor(key: string) {
    super(`There is no upload ${JSON.stringify(key)}, or it is not yours.`);
  }
}

export class UploadIncompleteError extends DomainError {
  readonly code = 'upload_incomplete';
  readonly kind = 'conflict';

  constructor(fileName: string) {
    super(`"${fileName}" has not been received completely. Upload it again, then repeat this step.`);
  }
}

export class UploadSizeError extends DomainError {
  readonly code = 'upload_size';
  readonly kind = 'invalid';

  constructor(declared: number, received: number) {
    super(`The upload was announced with ${declared} bytes and ${received} came. Start it again.`);
  }
}

export class UploadChangedError extends DomainError {
  readonly code = 'upload_changed';
  readonly kind = 'conflict';

  constructor() {
    super('This upload is complete and cannot be replaced by other content. Start a new one.');
  }
}

export class UnexpectedResourceTypeError extends DomainError {
  readonly code = 'unexpected_resource_type';
  readonly kind = 'invalid';

  constructor(actual: string, expected: readonly string[]) {
    super(`This upload is a ${actual}; a ${expected.join(' or ')} is needed here.`);
  }
}

export class StorageExhaustedError extends DomainError {
  readonly code = 'storage_exhausted';
  readonly kind = 'forbidden';

  constructor(limitBytes: number) {
    const gibibytes = (limitBytes / 2 ** 30).toFixed(1);
    super(
      `Your uploads would take more than the ${gibibytes} GiB that you have here. Delete what you no longer need.`,
    );
  }
}

export class LinkInvalidError extends DomainError {
  readonly code = 'link_invalid';
  readonly kind = 'forbidden';

  constructor() {
    super('This address is not valid, or no longer. Ask for a new one where you got it.');
  }
}
