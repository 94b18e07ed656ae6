/** The command was not given what it needs; the message is for the terminal. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError naming the option */
export function required(option: string, value: string | undefined): string {
  if (value) return value;
  throw new UsageError(`${option} is missing; see --help`);
}
