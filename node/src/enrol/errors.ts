/** The enrolment token cannot be one that a hub made. */
export class InvalidTokenError extends Error {
  override readonly name = 'InvalidTokenError';
  readonly code = 'invalid_token';

  constructor(problem: string) {
    super(
      `--token: ${problem}; copy it whole from the hub's page of the site (it reads weir1.<id>.<secret>.<fingerprint>)`,
    );
  }
}

/** The hub did not enrol the node, or what answered is not the hub that made the token. Nothing was stored. */
export class EnrolmentFailedError extends Error {
  override readonly name = 'EnrolmentFailedError';
  readonly code = 'enrolment_failed';
}
