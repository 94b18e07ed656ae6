import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface Wait {
  /** Milliseconds until it is given up. */
  readonly within?: number;
  readonly every?: number;
}

/**
 * Looks again and again until what it sees is as wished, and answers with that. What `look` throws means "not yet": processes may be on their
 * way up or down. The error of a wait in vain says what was seen last.
 */
export async function waitFor<State>(
  what: string,
  look: () => Promise<State> | State,
  isAsWished: (state: State) => boolean,
  { within = 30_000, every = 40 }: Wait = {},
): Promise<State> {
  const deadline = Date.now() + within;
  let last: unknown;
  do {
    try {
      const state = await look();
      if (isAsWished(state)) return state;
      last = state;
    } catch (error) {
      last = error;
    }
    await delay(every);
  } while (Date.now() < deadline);
  const seen = last instanceof Error ? last.message : inspect(last, { depth: 5, breakLength: 140 });
  throw new Error(`waited ${within / 1000} s for ${what}; last seen: ${seen}`);
}
