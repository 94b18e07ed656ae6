import type { AttemptRef } from '@weir/proto/node/v1';

/** Proxies cut quiet streams after 60 s, some after 30. */
const MAX_INTERVAL_MS = 15_000;

export interface HeartbeatOptions {
  /** Sends one; names every attempt that the node holds. */
  send(held: readonly AttemptRef[]): void;
  held(): readonly AttemptRef[];
  /** No answer for a whole lease: the stream is dead, whatever it looks like. */
  onSilence(): void;
}

/** Extends the leases at a third of them, on its own clock, whatever else the node does. */
export class Heartbeat implements Disposable {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | null = null;
  #unanswered = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Begins with a new stream. */
  start(leaseMs: number): void {
    this.stop();
    this.#unanswered = 0;
    const intervalMs = Math.max(1, Math.min(leaseMs / 3, MAX_INTERVAL_MS));
    const maxUnanswered = Math.max(3, Math.ceil(leaseMs / intervalMs));
    this.#timer = setInterval(() => {
      if (this.#unanswered >= maxUnanswered) this.#options.onSilence();
      else {
        this.#unanswered += 1;
        this.#options.send(this.#options.held());
      }
    }, intervalMs);
  }

  answered(): void {
    this.#unanswered = 0;
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
