import { DomainError } from '../http/domain-error.ts';

export class NotLoggedInError extends DomainError {
  readonly code = 'not_logged_in';
  readonly kind = 'unauthenticated';

  constructor() {
    super('This needs an account: log in first, or send an API token.');
  }
}

export class AdministratorsOnlyError extends DomainError {
  readonly code = 'administrators_only';
  readonly kind = 'forbidden';

  constructor() {
    super('Only administrators of this hub may do this.');
  }
}

export class SessionNeededError extends DomainError {
  readonly code = 'session_needed';
  readonly kind = 'forbidden';

  constructor() {
    super('An API token is not enough for this: log in with your password.');
  }
}

/** The same whether the account is unknown or the password wrong. */
export class WrongCredentialsError extends DomainError {
  readonly code = 'wrong_credentials';
  readonly kind = 'unauthenticated';

  constructor() {
    super('No account has this name and password. Check both and try again.');
  }
}

export class InvalidTokenError extends DomainError {
  readonly code = 'invalid_token';
  readonly kind = 'unauthenticated';

  constructor() {
    super('The API token is unknown, expired or revoked. Make a new one on your account page.');
  }
}

export class TooManyAttemptsError extends DomainError {
  readonly code = 'too_many_attempts';
  readonly kind = 'too_many';

  constructor(waitSeconds: number) {
    const minutes = Math.max(1, Math.ceil(waitSeconds / 60));
    super(`Too many attempts. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`);
  }
}

/** Something about a name, an e-mail address or a password; `fields` says what. */
export class InvalidAccountError extends DomainError {
  readonly code = 'invalid_account';
  readonly kind = 'invalid';

  constructor(fields: Record<string, string>) {
    super(Object.values(fields).join(' '), { fields });
  }
}

export class AccountExistsError extends DomainError {
  readonly code = 'account_exists';
  readonly kind = 'conflict';

  constructor(fields: Record<string, string>) {
    super(Object.values(fields).join(' '), { fields });
  }
}

export class WrongPasswordError extends DomainError {
  readonly code = 'wrong_password';
  readonly kind = 'invalid';

  constructor() {
    super('The current password is not right.', {
      fields: { current: 'This is not your current password.' },
    });
  }
}

export class TokenMissingError extends DomainError {
  readonly code = 'token_missing';
  readonly kind = 'missing';

  constructor(id: number) {
    super(`You have no API token with the number ${id}.`);
  }
}

/** A browser sent the request from another site: the session's cookie does not count there. */
export class ForeignOriginError extends DomainError {
  readonly code = 'foreign_origin';
  readonly kind = 'forbidden';

  constructor() {
    super("The request came from another site's page. Open the portal itself, or use an API token.");
  }
}
