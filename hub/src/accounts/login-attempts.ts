import { RateLimiterMemory } from 'rate-limiter-flexible';
import { TooManyAttemptsError } from './errors.ts';

/**
 * Slows down guessing: failures are counted for each name from each address, and for each address over all names. Counted in each hub process
 * on its own, which is enough to make guessing hopeless.
 */
export class LoginAttempts {
  readonly #byName = new RateLimiterMemory({ keyPrefix: 'name', points: 10, duration: 15 * 60 });
  readonly #byAddress = new RateLimiterMemory({ keyPrefix: 'address', points: 100, duration: 60 * 60 });
  readonly #registrations = new RateLimiterMemory({ keyPrefix: 'register', points: 100, duration: 60 * 60 });

  /** Counts an attempt before it is looked at: many at the same moment are no way around the limit. @throws TooManyAttemptsError */
  async begin(login: string, address: string): Promise<void> {
    for (const [limiter, key] of this.#counters(login, address)) {
      const state = await limiter.penalty(key);
      if (state.consumedPoints > limiter.points) throw new TooManyAttemptsError(state.msBeforeNext / 1_000);
    }
  }

  /** It was no guess, and nor were those before it. */
  async succeeded(login: string, address: string): Promise<void> {
    await this.#byName.delete(nameKey(login, address));
    await this.#byAddress.reward(address);
  }

  /** Counts a new account. @throws TooManyAttemptsError */
  async countRegistration(address: string): Promise<void> {
    const state = await this.#registrations.penalty(address);
    if (state.consumedPoints > this.#registrations.points) {
      throw new TooManyAttemptsError(state.msBeforeNext / 1_000);
    }
  }

  #counters(login: string, address: string): [RateLimiterMemory, string][] {
    return [
      [this.#byName, nameKey(login, address)],
      [this.#byAddress, address],
    ];
  }
}

function nameKey(login: string, address: string): string {
  return `${address} ${login.toLowerCase()}`;
}
