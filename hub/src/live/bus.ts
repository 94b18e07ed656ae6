import { EventEmitter } from 'node:events';

/** What can change under a reader's eyes. A topic says *that* something changed; readers fetch what. */
export type Topic =
  | `submission:${number}`
  | `phase:${number}:owner:${number}`
  | `leaderboard:${number}`
  | `logs:${number}`
  | `creation:${number}`
  | `dumps:${number}`
  /** A submission to a peer, as its owner at home sees it. */
  | `peer-submission:${number}`
  /** Those of a person. */
  | `peer-submissions:${number}`
  /** The board of a phase of a peer, while somebody looks. */
  | `peer-board:${string}:${number}`
  /** A node was revoked, or its site paused or resumed. */
  | `node:${string}`
  /** A run of another hub, evaluated here, has moved. */
  | 'guests'
  /** A run waits for which the announcing process has no node with room. */
  | 'queue';

/**
 * Wakes those who watch, in this process at once and in the other hub processes through the database. It carries hints alone: a reader
 * subscribes *first*, reads the current state next, and reads again on each hint and now and then without one. So nothing is missed, and
 * nothing has to be replayed: what a reader saw last is its cursor.
 */
export interface LiveBus {
  /** Call it after the commit. */
  announce(topics: Iterable<Topic>): void;
  /** Wakes the other hub processes alone. */
  announceElsewhere(topics: Iterable<Topic>): void;
  /** Any of them, from the call on. Ends when the signal aborts. Hints that come while the reader is busy collapse into one. */
  watch(topic: Topic | readonly Topic[], signal: AbortSignal): AsyncIterable<void>;
}

/** A live bus of one process; `relay`, when given, takes what it announces to the others. */
export class LocalLiveBus implements LiveBus {
  readonly #emitter = new EventEmitter({ captureRejections: false }).setMaxListeners(0);
  readonly #relay: ((topics: Iterable<Topic>) => void) | null;

  constructor(relay: ((topics: Iterable<Topic>) => void) | null = null) {
    this.#relay = relay;
  }

  announce(topics: Iterable<Topic>): void {
    const list = [...topics];
    this.receive(list);
    this.announceElsewhere(list);
  }

  announceElsewhere(topics: Iterable<Topic>): void {
    this.#relay?.(topics);
  }

  /** Topics announced by another hub process. */
  receive(topics: Iterable<Topic>): void {
    for (const topic of topics) this.#emitter.emit(topic);
  }

  watch(topic: Topic | readonly Topic[], signal: AbortSignal): AsyncIterable<void> {
    const topics = typeof topic === 'string' ? [topic] : topic;
    let pending = false;
    let wake: (() => void) | null = null;
    const hint = () => {
      pending = true;
      wake?.();
    };
    const leave = () => {
      for (const each of topics) this.#emitter.off(each, hint);
      signal.removeEventListener('abort', end);
    };
    // Also of a reader that never began.
    const end = () => {
      leave();
      hint();
    };
    async function* hints(): AsyncGenerator<void> {
      try {
        while (!signal.aborted) {
          if (!pending) await new Promise<void>((resolve) => (wake = resolve));
          pending = false;
          if (!signal.aborted) yield;
        }
      } finally {
        leave();
      }
    }
    for (const each of topics) this.#emitter.on(each, hint);
    signal.addEventListener('abort', end);
    return hints();
  }
}
