import { DomainError, type DomainErrorKind } from '../../http/domain-error.ts';

export class InstitutionMissingError extends DomainError {
  readonly code = 'institution_missing';
  readonly kind = 'missing';

  constructor() {
    super('This hub knows no such institution to sign in with.');
  }
}

/** What came of asking an institution. */
export class InstitutionError extends DomainError {
  readonly code: 'institution_unavailable' | 'institution_refused' | 'institution_answer_invalid';
  readonly kind: DomainErrorKind = 'unavailable';

  constructor(code: InstitutionError['code'], institution: string, cause?: unknown) {
    const what = {
      institution_unavailable: `${institution} does not answer as it should. Try again later, or sign in another way.`,
      institution_refused: `${institution} did not let you sign in, or you did not go through with it. Try again.`,
      institution_answer_invalid: `What ${institution} answered does not hold. Begin again from the sign-in page.`,
    };
    super(what[code], { cause });
    this.code = code;
  }
}

export class InvalidInstitutionError extends DomainError {
  readonly code = 'invalid_institution';
  readonly kind = 'invalid';

  constructor(fields: Record<string, string>) {
    super(Object.values(fields).join(' '), { fields });
  }
}

export class InstitutionExistsError extends DomainError {
  readonly code = 'institution_exists';
  readonly kind = 'conflict';

  constructor() {
    const message = 'There is an institution with this issuer already.';
    super(message, { fields: { issuer: message } });
  }
}

export class IdentityTakenError extends DomainError {
  readonly code = 'identity_taken';
  readonly kind = 'conflict';

  constructor() {
    super(
      'This identity belongs to another account of this hub. Sign in with it, and remove it there first.',
    );
  }
}

export class IdentityMissingError extends DomainError {
  readonly code = 'identity_missing';
  readonly kind = 'missing';

  constructor() {
    super('You have no such identity.');
  }
}

export class LastIdentityError extends DomainError {
  readonly code = 'last_identity';
  readonly kind = 'conflict';

  constructor() {
    super('Without it you could not sign in any more: link another identity first.');
  }
}
