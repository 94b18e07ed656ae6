import { DomainError } from '../http/domain-error.ts';
import type { ResourceUse } from './uses.ts';

export class ResourceMissingError extends DomainError {
  readonly code = 'resource_missing';
  readonly kind = 'missing';
  readonly key: string;

  constructor(key: string) {
    super(`There is no upload ${JSON.stringify(key)}, or it is not yours.`);
    this.key = key;
  }
}

/** It may be seen by whoever asks, since it is public. */
export class NotYourResourceError extends DomainError {
  readonly code = 'not_your_resource';
  readonly kind = 'forbidden';

  constructor(name: string) {
    super(`"${name}" is somebody else's: only its owner may change or delete it.`);
  }
}

export class ResourceInUseError extends DomainError {
  readonly code = 'resource_in_use';
  readonly kind = 'conflict';

  constructor(name: string, uses: readonly ResourceUse[]) {
    const listed = uses.slice(0, MOST_NAMED).map(({ kind, title }) => `${NAMES[kind]} "${title}"`);
    const others = uses.length > MOST_NAMED ? ` and ${uses.length - MOST_NAMED} more` : '';
    super(
      `"${name}" is in use by ${listed.join(', ')}${others}. Put something else in its place there first.`,
    );
  }
}

const MOST_NAMED = 5;

const NAMES: Readonly<Record<ResourceUse['kind'], string>> = {
  task: 'the task',
  former_version: 'the former version of a task',
  solution: 'as a solution of the task',
  phase: 'the phase',
  submission: 'submissions in',
  dump: 'a dump of',
  creation: 'what is being made of',
};

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
