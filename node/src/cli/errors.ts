import { InvalidConfigError } from '../config/errors.ts';
import { InvalidTokenError } from '../enrol/errors.ts';
import { PolicyUnreadableError } from '../policy/errors.ts';

/** The command line cannot be understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_CHECK_FAILED = 3;

export function exitCodeOf(error: unknown): number {
  if (error instanceof PolicyUnreadableError) return EXIT_CHECK_FAILED;
  const isUsage =
    error instanceof UsageError || error instanceof InvalidConfigError || error instanceof InvalidTokenError;
  return isUsage ? EXIT_USAGE : EXIT_FAILED;
}

export function required(flag: string, value: string | undefined): string {
  if (!value) throw new UsageError(`${flag} is missing`);
  return value;
}
