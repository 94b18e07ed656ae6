import { type Failure, toFailure } from './failure.ts';

/**
 * One thing a person can set off: a button or a form. Keeps whether it is under way and how it failed last, and
 * ignores a second press while the first is under way.
 */
export class Action<Arguments extends unknown[], Result> {
  pending = $state(false);
  failure = $state<Failure | null>(null);
  readonly #work: (...args: Arguments) => Promise<Result>;

  constructor(work: (...args: Arguments) => Promise<Result>) {
    this.#work = work;
  }

  /** Resolves to undefined when it failed; the failure is then in `failure`. */
  readonly run = async (...args: Arguments): Promise<Result | undefined> => {
    if (this.pending) return undefined;
    this.pending = true;
    this.failure = null;
    try {
      return await this.#work(...args);
    } catch (cause) {
      this.failure = toFailure(cause);
      return undefined;
    } finally {
      this.pending = false;
    }
  };

  /** Of how it failed last. */
  readonly forget = (): void => {
    this.failure = null;
  };

  fieldError(name: string): string | undefined {
    return this.failure?.fields[name];
  }
}
