/** A flag or variable is missing or makes no sense. */
export class InvalidConfigError extends Error {
  override readonly name = 'InvalidConfigError';
  readonly code = 'invalid_config';

  constructor(what: string, problem: string) {
    super(`${what} ${problem}`);
  }
}
