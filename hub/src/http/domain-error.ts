/** What sort of refusal it is; each edge (tRPC, REST, plain HTTP) has one mapper from these to its own codes. */
export type DomainErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'missing'
  | 'conflict'
  | 'too_large'
  | 'too_many'
  | 'unavailable';

export interface DomainErrorDetails {
  /** For forms: what is wrong with each field, by its name. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * A refusal that whoever asked can understand and act on. Each feature has its own classes, in its `errors.ts`. The message says what, where,
 * and what to do; `code` never changes, since clients compare it. Anything else that is thrown is our fault and is answered as `internal`.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string;
  abstract readonly kind: DomainErrorKind;
  readonly fields: Readonly<Record<string, string>> | null;

  constructor(message: string, { fields, cause }: DomainErrorDetails = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.name = new.target.name;
    this.fields = fields ?? null;
  }
}
