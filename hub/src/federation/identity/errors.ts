import { DomainError } from '../../http/domain-error.ts';

/** At the home hub: nothing is said about somebody who has not agreed. */
export class ConsentMissingError extends DomainError {
  readonly code = 'consent_missing';
  readonly kind = 'forbidden';

  constructor(peer: string, purpose: string) {
    const forWhat = { register: 'take part', submit: 'submit', sign_in: 'sign in' }[purpose] ?? purpose;
    super(`You have not agreed that hub ${peer} is told who you are, so that you can ${forWhat} there.`);
  }
}

/** Why what a peer says about a person is not taken, in the order in which it is looked at. Closed: peers compare them. */
export type AssertionRefusal =
  | 'assertion_unreadable'
  | 'assertion_issuer_wrong'
  | 'assertion_key_unknown'
  | 'assertion_signature_invalid'
  | 'assertion_audience_wrong'
  | 'assertion_purpose_wrong'
  | 'assertion_expired'
  | 'assertion_nonce_wrong'
  | 'assertion_replayed';

export class AssertionRefusedError extends DomainError {
  readonly code: AssertionRefusal;
  readonly kind = 'unauthenticated';

  constructor(code: AssertionRefusal, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** At the peer: it is clear who it is, and they may not. */
export class PersonRefusedError extends DomainError {
  readonly code: 'person_suspended' | 'consent_withdrawn' | 'peer_may_not_register';
  readonly kind = 'forbidden';

  constructor(code: PersonRefusedError['code'], detail: string) {
    super(detail);
    this.code = code;
  }
}

export class SignInCodeError extends DomainError {
  readonly code = 'sign_in_code_invalid';
  readonly kind = 'unauthenticated';

  constructor() {
    super('this code for signing in is unknown, used, too old, or not for your hub');
  }
}

export class PersonMissingError extends DomainError {
  readonly code = 'person_missing';
  readonly kind = 'missing';

  constructor() {
    super('This hub has no such person of another hub.');
  }
}

/** Somebody whose own home is elsewhere cannot be vouched for from here. */
export class HomeElsewhereError extends DomainError {
  readonly code = 'home_elsewhere';
  readonly kind = 'forbidden';

  constructor() {
    super('Your account is of another hub: do this there.');
  }
}
