import { type ConsolePerson, hashOf, newToken } from './persons.ts';

const LIFE_MS = 12 * 3_600_000;
const IDLE_MS = 3_600_000;
const MOST = 1_000;

export interface ConsoleSession {
  readonly person: ConsolePerson;
  /** Hash of the token that the person signed in with; null for the steward, whose addresses work once. */
  readonly credential: string | null;
  readonly begunAt: number;
  usedAt: number;
  /** Shown on the next page, once. */
  notice: string | null;
}

/** Who is signed in, in memory: a restart of the node signs everybody out. Kept by the hash of what the browser holds. */
export class Sessions {
  readonly #sessions = new Map<string, ConsoleSession>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  begin(person: ConsolePerson, credential: string | null = null): string {
    const now = this.#now();
    for (const [hash, session] of this.#sessions) if (this.#isOver(session)) this.#sessions.delete(hash);
    // Maps keep the order of insertion: the oldest goes.
    if (this.#sessions.size >= MOST) this.#sessions.delete([...this.#sessions.keys()][0]!);
    const token = newToken();
    this.#sessions.set(hashOf(token), { person, credential, begunAt: now, usedAt: now, notice: null });
    return token;
  }

  find(token: string | undefined): ConsoleSession | null {
    const session = token ? this.#sessions.get(hashOf(token)) : undefined;
    if (!session || this.#isOver(session)) return null;
    session.usedAt = this.#now();
    return session;
  }

  end(token: string | undefined): void {
    if (token) this.#sessions.delete(hashOf(token));
  }

  #isOver({ begunAt, usedAt }: ConsoleSession): boolean {
    const now = this.#now();
    return now - begunAt > LIFE_MS || now - usedAt > IDLE_MS;
  }
}
