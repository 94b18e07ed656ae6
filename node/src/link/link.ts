import { status } from '@grpc/grpc-js';
import type { Disposition, Hello, LogAck, LogChunk, Outcome } from '@weir/proto/node/v1';
import type { Logger } from '../logging/logger.ts';
import { Backoff, pause } from './backoff.ts';
import { callProblem, isServiceError } from './call-errors.ts';
import type { HubClient } from './dial.ts';
import { LinkDownError } from './errors.ts';
import { Session, type SessionEnd, type SessionEvents } from './session.ts';

export interface LinkEvents extends SessionEvents {
  /** The stream is gone; runs go on. */
  onDown(): void;
}

export interface LinkOptions {
  /** A client with the credentials of the moment; called for every stream. */
  dial(): HubClient;
  /** What the node says of itself at the moment; called for every stream. */
  hello(): Hello;
  readonly events: LinkEvents;
  readonly logger: Logger;
  readonly backoff?: Backoff;
}

const CALL_TIMEOUT_MS = 15_000;
const MAX_STREAMED_BYTES = 512 * 1024;
/** A hub that goes away says when to come back; neither at once nor in an hour. */
const MIN_DRAIN_WAIT_MS = 250;
const MAX_DRAIN_WAIT_MS = 10 * 60_000;

/**
 * Keeps one stream to the hub, and makes another when it ends.
 *
 *   dialling --Welcome--> up --stream ends--> waiting --back-off over--> dialling
 *      |                   |                     ^
 *      |                   +--Drain, and its delay is over--> dialling
 *      +--no Welcome-----------------------------+
 *
 *   any of them --dispose--> closed
 *
 * Each stream has a client of its own, so that new credentials need no more than a new stream, and while there is none nothing dials:
 * calls then reject with LinkDownError, and come back when the link is up.
 */
export class Link implements AsyncDisposable {
  readonly #options: LinkOptions;
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  #session: Session | null = null;
  #client: HubClient | null = null;
  #up = false;
  /** When to dial again after a stream that the node ends itself, or that the hub announced to end. */
  #redialAt: number | null = null;
  #drainTimer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
  }

  /** Dials until disposed of. Rejects only for faults of the node's own. */
  start(): Promise<void> {
    this.#running = this.#run();
    return this.#running;
  }

  /** The stream, once the hub has welcomed the node on it. */
  get session(): Session | null {
    return this.#up ? this.#session : null;
  }

  /**
   * Reports outcomes on the stream. What is too long to share it goes by a call of its own, so that the hub can refuse the one without
   * ending the other.
   */
  async report(outcomes: readonly Outcome[], bytes: number): Promise<readonly Disposition[]> {
    if (this.session && bytes <= MAX_STREAMED_BYTES) return this.session.report(outcomes);
    const answer = await this.#clientOrThrow().reportOutcomes({ outcomes: [...outcomes] }, callOptions());
    return answer.dispositions;
  }

  async appendLogs(chunks: readonly LogChunk[]): Promise<readonly LogAck[]> {
    const answer = await this.#clientOrThrow().appendLogs({ chunks: [...chunks] }, callOptions());
    return answer.acks;
  }

  async renewCertificate(certificateRequest: string): Promise<string> {
    const answer = await this.#clientOrThrow().renewCertificate({ certificateRequest }, callOptions());
    return answer.certificate;
  }

  /** Makes a new stream: the credentials changed, or this one is of no use. */
  redial(): void {
    this.#redialAt ??= Date.now();
    this.#session?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#session?.close();
    await this.#running;
  }

  #clientOrThrow(): HubClient {
    if (!this.#client || !this.#up) throw new LinkDownError();
    return this.#client;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const end = await this.#runSession();
      if (!this.#stop.signal.aborted) await pause(this.#delayAfter(end), this.#stop.signal);
    }
  }

  async #runSession(): Promise<SessionEnd> {
    const { dial, hello, events, logger } = this.#options;
    const client = dial();
    this.#client = client;
    const session = new Session(client, hello(), this.#watched(events), logger);
    this.#session = session;
    const end = await session.ended;
    this.#session = null;
    this.#client = null;
    if (this.#drainTimer) clearTimeout(this.#drainTimer);
    if (this.#up) {
      this.#up = false;
      events.onDown();
    }
    client[Symbol.dispose]();
    return end;
  }

  #watched(events: LinkEvents): SessionEvents {
    return {
      ...events,
      onWelcome: (welcome) => {
        this.#up = true;
        this.#backoff.reset();
        this.#options.logger.info({ hub: welcome.hub, site: welcome.site }, 'connected to the hub');
        events.onWelcome(welcome);
      },
      onDrain: (drain) => {
        const afterMs = Math.min(Math.max(drain.reconnectAfterMs, MIN_DRAIN_WAIT_MS), MAX_DRAIN_WAIT_MS);
        this.#options.logger.info({ reason: drain.reason, afterMs }, 'the hub drains; dialling again later');
        this.#redialAt = Date.now() + afterMs;
        this.#drainTimer = setTimeout(() => this.redial(), afterMs);
        events.onDrain(drain);
      },
    };
  }

  #delayAfter({ error }: SessionEnd): number {
    const redialAt = this.#redialAt;
    this.#redialAt = null;
    if (redialAt !== null) return Math.max(0, redialAt - Date.now());
    if (error && (callProblem(error) === 'standing' || isReplaced(error))) {
      const delayMs = this.#backoff.longest();
      this.#options.logger.error(
        { reason: error.message, delayMs },
        'the hub turned this node away; dialling again rarely',
      );
      return delayMs;
    }
    const delayMs = this.#backoff.next();
    this.#options.logger.warn(
      { reason: error?.message ?? 'ended by the hub', delayMs: Math.round(delayMs) },
      'no stream to the hub; dialling again',
    );
    return delayMs;
  }
}

/** Our own earlier streams are closed before the next: another process uses this node's certificate. */
function isReplaced(error: Error): boolean {
  return isServiceError(error) && error.code === status.ABORTED;
}

function callOptions() {
  return { deadline: Date.now() + CALL_TIMEOUT_MS };
}
