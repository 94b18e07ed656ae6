import type { Logger } from 'pino';
import type { Database } from '../db/database.ts';
import type { Boards } from '../leaderboards/boards.ts';
import type { LiveBus } from '../live/bus.ts';
import type { AttemptEnd } from './outcome.ts';
import { resettle } from './resettle.ts';
import { exhaustedRuns, expireLeases, unsettledRuns } from './sweep.ts';

interface Dependencies {
  readonly database: Database;
  readonly boards: Boards;
  readonly live: LiveBus;
  readonly maxAttempts: number;
  readonly log: Logger;
}

/** Lets leases go that ran out, and what follows for submissions whose other sites are done. */
export class LostLeases {
  readonly #deps: Dependencies;
  /** Runs whose submissions are to be looked at again; null until it is known what a process that was killed in between has left. */
  #unsettled: Set<number> | null = null;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Answers with the runs that have had all their attempts. */
  async sweep(): Promise<AttemptEnd[]> {
    const { database, maxAttempts, log } = this.#deps;
    const expired = await expireLeases(database, maxAttempts);
    if (expired.length > 0) log.warn({ runs: expired.length }, 'leases ran out; the runs wait again');
    this.#unsettled ??= new Set(await unsettledRuns(database));
    for (const runId of expired) this.#unsettled.add(runId);
    await this.#settle(this.#unsettled);
    return exhaustedRuns(database, maxAttempts);
  }

  /** What fails is tried again with the next sweep, and holds up no lease. */
  async #settle(unsettled: Set<number>): Promise<void> {
    const { live, log } = this.#deps;
    if (unsettled.size === 0) return;
    try {
      live.announce(await resettle(this.#deps, [...unsettled]));
      unsettled.clear();
    } catch (error) {
      log.error(
        { err: error, runs: unsettled.size },
        'submissions whose sites wait again were not looked at',
      );
    }
  }
}
