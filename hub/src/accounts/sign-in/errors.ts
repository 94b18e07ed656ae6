import { DomainError } from '../../http/domain-error.ts';

export class SignInLostError extends DomainError {
  readonly code = 'sign_in_lost';
  readonly kind = 'invalid';

  constructor() {
    super(
      'This sign-in was begun in another browser, took too long, or has been used. Begin again from the sign-in page.',
    );
  }
}

export class AccountSuspendedError extends DomainError {
  readonly code = 'account_suspended';
  readonly kind = 'forbidden';

  constructor() {
    super('This account is suspended. Ask the administrators of this hub.');
  }
}
