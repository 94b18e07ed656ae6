import { DomainError } from '../http/domain-error.ts';

export class DumpMissingError extends DomainError {
  readonly code = 'dump_not_found';
  readonly kind = 'missing';

  constructor() {
    super('There is no such dump, or it is not finished yet, or its competition is not yours.');
  }
}

export class BundleMissingError extends DomainError {
  readonly code = 'bundle_not_found';
  readonly kind = 'missing';

  constructor() {
    super(
      'This competition was not made from a bundle, or the bundle has been deleted. Make a dump of it instead.',
    );
  }
}
