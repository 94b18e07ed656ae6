import type { AttemptRef } from '@weir/proto/node/v1';
import type { LedgerEvent, LedgerEventKind } from '../ledger/events.ts';
import { type AttemptKey, attemptKey } from '../run/attempt.ts';
import type { LedgerPort } from './ledger-port.ts';

export type Release = Extract<LedgerEvent, { kind: 'release' }>;

/** Whom a release is charged to. */
export interface Account {
  /** ID@HUB */
  readonly submitter: string;
  /** NAME@VERSION of every dataset of the site that the run is shown. */
  readonly datasets: readonly string[];
}

const KINDS: LedgerEventKind[] = ['assignment', 'decision', 'release', 'refusal', 'end'];

/**
 * The ledger, and what the gate has to know of it: who has drawn how many bits, what was released before, how many runs began today. All of it
 * follows from the entries; it is read once and kept up as entries are written, so that no second truth has to be kept in step.
 */
export class Books {
  readonly #ledger: LedgerPort;
  readonly #bySubmitter = new Map<string, number>();
  readonly #byDataset = new Map<string, number>();
  /** SUBMITTER KEY -> base64 of the scores. */
  readonly #scores = new Map<string, string>();
  readonly #submitterDatasets = new Set<string>();
  readonly #attempts = new Map<AttemptKey, Set<string>>();
  readonly #submitterOf = new Map<AttemptKey, string>();
  /** Of something that was noted: nothing is recorded after it. */
  #failure: unknown = null;
  #day = '';
  #beganToday = new Map<AttemptKey, string>();
  #beganBySubmitter = new Map<string, number>();

  private constructor(ledger: LedgerPort) {
    this.#ledger = ledger;
  }

  /** Reads the ledger. Of attempts that are not `held` only what they were charged and what they released is kept. */
  static async open(
    ledger: LedgerPort,
    held: readonly Pick<AttemptRef, 'runId' | 'attempt'>[] = [],
  ): Promise<Books> {
    const books = new Books(ledger);
    for await (const { event } of ledger.entries({ kinds: ['release'] })) {
      if (event.kind === 'release') books.#noteRelease(event);
    }
    const keys = new Set(held.map((attempt) => attemptKey(attempt)));
    const runs = new Set(held.map(({ runId }) => String(runId)));
    const since = `${dayOf(new Date().toISOString())}T`;
    for await (const { at, event } of ledger.entries({ kinds: KINDS, since, runs })) {
      books.#noteAttempt(event, at);
    }
    for (const key of books.#attempts.keys()) if (!keys.has(key)) books.#attempts.delete(key);
    for (const key of books.#submitterOf.keys()) if (!keys.has(key)) books.#submitterOf.delete(key);
    return books;
  }

  /**
   * Writes an entry, unless the same was written for this attempt before: by an earlier life that did not come to its end. Resolves once it and
   * all that was noted before it are on disk.
   */
  async record(event: LedgerEvent): Promise<void> {
    const place = placeOf(event);
    if (place && this.#attempts.get(place.attempt)?.has(place.what)) return;
    await this.#ledger.append(event);
    if (this.#failure !== null) throw this.#failure;
    this.#note(event, new Date().toISOString());
  }

  /**
   * As `record`, for what lets nothing out: it is in the books at once, and on disk before anything that is recorded after it. Two runs at the
   * same moment do not both take the last place of a day.
   */
  note(event: LedgerEvent): void {
    const place = placeOf(event);
    if (place && this.#attempts.get(place.attempt)?.has(place.what)) return;
    this.#note(event, new Date().toISOString());
    this.#ledger.append(event).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  /** Bits that a submitter has drawn from a dataset, in whatever versions of it: they are mostly the same cases. */
  drawnBy(submitter: string, dataset: string): number {
    return this.#bySubmitter.get(pair(submitter, nameOf(dataset))) ?? 0;
  }

  /** Bits that everybody together has drawn from a dataset. */
  drawnFrom(dataset: string): number {
    return this.#byDataset.get(nameOf(dataset)) ?? 0;
  }

  /** The scores that this submitter was given for the same computation; null when there are none, or the ledger has but their digest. */
  findScores(submitter: string, key: string): Buffer | null {
    const bytes = this.#scores.get(pair(submitter, key));
    return bytes === undefined ? null : Buffer.from(bytes, 'base64');
  }

  /** Whether a score of this dataset has ever been released to this submitter. */
  hasReleased({ submitter, datasets }: Account): boolean {
    return datasets.every((dataset) => this.#submitterDatasets.has(pair(submitter, nameOf(dataset))));
  }

  /** Runs that were let begin since the last midnight UTC, without this one. */
  beganToday(now: Date, submitter: string, but: AttemptKey): { runs: number; ofSubmitter: number } {
    if (dayOf(now.toISOString()) !== this.#day) return { runs: 0, ofSubmitter: 0 };
    const own = this.#beganToday.get(but);
    return {
      runs: this.#beganToday.size - (own === undefined ? 0 : 1),
      ofSubmitter: (this.#beganBySubmitter.get(submitter) ?? 0) - (own === submitter ? 1 : 0),
    };
  }

  /** The outcome of the attempt is on its way. */
  forget(attempt: Pick<AttemptRef, 'runId' | 'attempt'>): void {
    this.#attempts.delete(attemptKey(attempt));
    this.#submitterOf.delete(attemptKey(attempt));
  }

  #note(event: LedgerEvent, at: string): void {
    this.#noteAttempt(event, at);
    if (event.kind === 'release') this.#noteRelease(event);
  }

  #noteAttempt(event: LedgerEvent, at: string): void {
    const place = placeOf(event);
    if (place) {
      const written = this.#attempts.get(place.attempt);
      if (written) written.add(place.what);
      else this.#attempts.set(place.attempt, new Set([place.what]));
    }
    if (event.kind === 'assignment') this.#submitterOf.set(keyOf(event), event.submitter);
    if (event.kind === 'decision' && event.at === 'assignment' && event.permitted === true) {
      this.#noteBegin(keyOf(event), dayOf(at));
    }
  }

  #noteBegin(attempt: AttemptKey, day: string): void {
    if (day !== this.#day) {
      this.#day = day;
      this.#beganToday = new Map();
      this.#beganBySubmitter = new Map();
    }
    if (this.#beganToday.has(attempt)) return;
    const submitter = this.#submitterOf.get(attempt) ?? '';
    this.#beganToday.set(attempt, submitter);
    this.#beganBySubmitter.set(submitter, (this.#beganBySubmitter.get(submitter) ?? 0) + 1);
  }

  #noteRelease({ submitter, dataset, what, key, bits, bytes }: Release): void {
    if (dataset === null) return;
    for (const name of new Set(dataset.split(',').map(nameOf))) {
      const place = pair(submitter, name);
      this.#bySubmitter.set(place, (this.#bySubmitter.get(place) ?? 0) + bits);
      this.#byDataset.set(name, (this.#byDataset.get(name) ?? 0) + bits);
      if (what === 'scores') this.#submitterDatasets.add(place);
    }
    if (what === 'scores' && bytes !== null) this.#scores.set(pair(submitter, key), bytes);
  }
}

/** In names of submitters and datasets there is no control character. */
const SEPARATOR = '\n';

function pair(one: string, other: string): string {
  return `${one}${SEPARATOR}${other}`;
}

/** NAME of NAME@VERSION. */
export function nameOf(dataset: string): string {
  return dataset.split('@')[0] ?? dataset;
}

function dayOf(at: string): string {
  return at.slice(0, 10);
}

function keyOf({ run, attempt }: { run: string; attempt: number }): AttemptKey {
  return attemptKey({ runId: BigInt(run), attempt });
}

/** What an attempt records once, however often it is begun anew. */
function placeOf(event: LedgerEvent): { attempt: AttemptKey; what: string } | null {
  switch (event.kind) {
    case 'assignment':
      return { attempt: keyOf(event), what: 'assignment' };
    case 'decision':
      return {
        attempt: keyOf(event),
        what: `decision ${event.at} ${event.permitted} ${event.rule} ${event.policy}`,
      };
    case 'release':
      return { attempt: keyOf(event), what: `release ${event.what} ${event.digest}` };
    case 'refusal':
      return { attempt: keyOf(event), what: `refusal ${event.code} ${event.rule}` };
    case 'end':
      return { attempt: keyOf(event), what: `end ${event.how}` };
    default:
      return null;
  }
}
