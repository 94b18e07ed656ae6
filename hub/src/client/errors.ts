/** The command line cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
