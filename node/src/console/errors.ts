/** What somebody asked of the console cannot be done; the message is for that person. */
export class ConsoleError extends Error {
  override readonly name = 'ConsoleError';
  readonly code: 'not_found' | 'forbidden' | 'invalid';

  constructor(code: ConsoleError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** A person cannot be registered for the console. */
export class InvalidPersonError extends Error {
  override readonly name = 'InvalidPersonError';
  readonly code = 'invalid_person';
}
