import { DomainError } from '../http/domain-error.ts';

export class KeyMissingError extends DomainError {
  readonly code = 'key_missing';
  readonly kind = 'missing';

  constructor(id: string) {
    super(`this hub has no key ${id}`);
  }
}

export class NewestKeyError extends DomainError {
  readonly code = 'key_in_use';
  readonly kind = 'conflict';

  constructor() {
    super('this is the key that signs: rotate first, then retire it');
  }
}

export class TooManyKeysError extends DomainError {
  readonly code = 'too_many_keys';
  readonly kind = 'conflict';

  constructor() {
    super('this hub has had so many keys that peers would refuse the chain: it needs a new identity');
  }
}
