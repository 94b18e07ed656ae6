/** The command line cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}

/** The hub was not reached, or refused what was asked of it. */
export class HubError extends Error {
  override readonly name = 'HubError';
  /** Of its answer; null without one. */
  readonly status: number | null;

  constructor(message: string, status: number | null, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
