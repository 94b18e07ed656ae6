import { DomainError } from '../http/domain-error.ts';

export class CertificateRequestError extends DomainError {
  readonly code = 'certificate_request_invalid';
  readonly kind = 'invalid';

  constructor(cause: unknown) {
    super('the certificate request cannot be used; send a PKCS #10 request in PEM, signed by its own key', {
      cause,
    });
  }
}

/** Says nothing about which part was wrong: whoever asks has no token that works. */
export class EnrolmentRefusedError extends DomainError {
  readonly code = 'enrolment_refused';
  readonly kind = 'forbidden';

  constructor() {
    super(
      'this enrolment token is unknown, used, or no longer valid; ask the hub for a new one and use it within a day',
    );
  }
}

export class SiteNotFoundError extends DomainError {
  readonly code = 'site_not_found';
  readonly kind = 'missing';

  constructor(name: string) {
    super(`there is no site called "${name}" at this hub; create it first`);
  }
}

export class SiteNameError extends DomainError {
  readonly code = 'site_name_invalid';
  readonly kind = 'invalid';

  constructor(name: string) {
    super(
      `"${name}" is not a name for a site: use 2 to 40 lower-case letters, digits and hyphens, such as "north-hospital"`,
    );
  }
}

export class NotStewardError extends DomainError {
  readonly code = 'not_steward';
  readonly kind = 'forbidden';

  constructor(site: string) {
    super(
      `you do not look after the site "${site}"; ask an administrator of the hub to make you a steward of it`,
    );
  }
}

export class UnknownStewardError extends DomainError {
  readonly code = 'unknown_steward';
  readonly kind = 'invalid';

  constructor(username: string) {
    super(`nobody here is called "${username}"; stewards need an account at this hub`, {
      fields: { username: 'Write the user name of an account.' },
    });
  }
}

/** The token works, but not for who came with it; it is not used up. */
export class EnrolmentMismatchError extends DomainError {
  readonly code = 'enrolment_mismatch';
  readonly kind = 'conflict';

  constructor(isForNewNode: boolean) {
    super(
      isForNewNode
        ? 'this token is for a new node: leave --again out and give it a home of its own, or ask for a token for this node'
        : 'this token is for a node that comes back: use it with --again in the home of that node',
    );
  }
}

/** An enrolment of a node that is none: it was revoked in the meantime. */
export class NodeRevokedError extends DomainError {
  readonly code = 'node_revoked';
  readonly kind = 'forbidden';

  constructor() {
    super('this node was revoked and cannot come back; enrol a new one in a home of its own');
  }
}

export class NodeNotFoundError extends DomainError {
  readonly code = 'node_not_found';
  readonly kind = 'missing';

  constructor() {
    super('there is no such node at this hub');
  }
}
