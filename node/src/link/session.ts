import type { ClientDuplexStream } from '@grpc/grpc-js';
import type {
  Assignment,
  AttemptRef,
  Disposition,
  Drain,
  Hello,
  NodeStatus,
  Outcome,
  Progress,
  SessionResponse,
  Welcome,
} from '@weir/proto/node/v1';
import type { Logger } from '../logging/logger.ts';
import type { HubClient } from './dial.ts';
import { LinkDownError, ProtocolViolationError } from './errors.ts';
import { SendQueue, type SessionMessage } from './send-queue.ts';

/**
 * What the hub says on a stream, in its order. Handlers are called while the stream is read, so they only note what is to be done and
 * return; nothing here waits for them.
 */
export interface SessionEvents {
  onWelcome(welcome: Welcome): void;
  onAssignment(assignment: Assignment): void;
  onCancel(attempt: AttemptRef): void;
  /** Attempts that are no longer this node's. */
  onLost(attempts: readonly AttemptRef[]): void;
  onDrain(drain: Drain): void;
  onHeartbeatAck(): void;
}

export type SessionState = 'greeting' | 'open' | 'draining' | 'ended';

export interface SessionEnd {
  /** Whether the hub had welcomed the node: the connection was healthy once. */
  readonly welcomed: boolean;
  /** Null when either side ended it in order. */
  readonly error: Error | null;
}

const WELCOME_TIMEOUT_MS = 15_000;
const ANSWER_TIMEOUT_MS = 15_000;

/**
 * One stream, from Hello to its end.
 *
 *   greeting --Welcome--> open --Drain--> draining
 *      |                   |                 |
 *      +-------------------+-----------------+--> ended    (the stream ends or fails, `close`, or the hub breaks the contract)
 *
 * A session is never reused: after its end the link makes a new one.
 */
export class Session {
  readonly ended: Promise<SessionEnd>;
  readonly #call: ClientDuplexStream<SessionMessage, SessionResponse>;
  readonly #queue: SendQueue;
  readonly #events: SessionEvents;
  readonly #logger: Logger;
  readonly #end = Promise.withResolvers<SessionEnd>();
  readonly #welcomeTimer: NodeJS.Timeout;
  #state: SessionState = 'greeting';
  #welcomed = false;
  /** Assignments that the hub may still send: credits granted and not spent. */
  #credits = 0;
  /** What the hub is to say of the outcomes that were reported. */
  #report: PromiseWithResolvers<readonly Disposition[]> | null = null;

  constructor(client: HubClient, hello: Hello, events: SessionEvents, logger: Logger) {
    this.#events = events;
    this.#logger = logger;
    this.ended = this.#end.promise;
    this.#call = client.session();
    this.#queue = new SendQueue(this.#call, (error) => this.fail(error));
    // The reader is attached before anything is sent: grpc-js buffers without limit for a stream that nobody reads.
    this.#call.on('data', (response: SessionResponse) => this.#receive(response));
    this.#call.on('error', (error: Error) => this.#finish(error));
    this.#call.on('end', () => this.#finish(null));
    this.#welcomeTimer = setTimeout(
      () => this.fail(new ProtocolViolationError('the hub did not welcome the node in time')),
      WELCOME_TIMEOUT_MS,
    );
    this.#queue.send({ message: { case: 'hello', value: hello } });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Credits granted and not spent. */
  get credits(): number {
    return this.#credits;
  }

  grant(runs: number): void {
    if (this.#state !== 'open' || runs <= 0) return;
    this.#credits += runs;
    this.#queue.send({ message: { case: 'credit', value: { runs } } });
  }

  heartbeat(held: readonly AttemptRef[]): void {
    if (this.#isSpeaking()) {
      this.#queue.send({ message: { case: 'heartbeat', value: { held: [...held] } } });
    }
  }

  progress(runs: readonly Progress[]): void {
    if (this.#isSpeaking()) this.#queue.send({ message: { case: 'progress', value: { runs: [...runs] } } });
  }

  /**
   * Reports outcomes: what the hub says of each, in their order, or nothing at all when it could not record them. One at a time. Rejects when
   * the stream ends first; the hub may have recorded them all the same.
   */
  async report(outcomes: readonly Outcome[]): Promise<readonly Disposition[]> {
    if (!this.#isSpeaking()) throw new LinkDownError();
    if (this.#report) throw new Error('the outcomes before these are not answered yet');
    this.#report = Promise.withResolvers();
    const timer = setTimeout(
      () => this.fail(new ProtocolViolationError('the hub said nothing to the outcomes in time')),
      ANSWER_TIMEOUT_MS,
    );
    this.#queue.send({ message: { case: 'outcomes', value: { outcomes: [...outcomes] } } });
    try {
      return await this.#report.promise;
    } finally {
      this.#report = null;
      clearTimeout(timer);
    }
  }

  /** Ends the stream in order. */
  close(): void {
    if (this.#state === 'ended') return;
    this.#call.end();
    this.#finish(null);
    this.#call.cancel();
  }

  fail(error: Error): void {
    this.#finish(error);
    this.#call.cancel();
  }

  /** False when the hub has not welcomed the node, or no longer listens. */
  status(status: NodeStatus): boolean {
    if (!this.#isSpeaking()) return false;
    this.#queue.send({ message: { case: 'status', value: status } });
    return true;
  }

  #isSpeaking(): boolean {
    return this.#state === 'open' || this.#state === 'draining';
  }

  #finish(error: Error | null): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearTimeout(this.#welcomeTimer);
    this.#report?.reject(new LinkDownError());
    this.#end.resolve({ welcomed: this.#welcomed, error });
  }

  #receive({ message }: SessionResponse): void {
    switch (this.#state) {
      case 'greeting':
        if (message.case === 'welcome') this.#welcome(message.value);
        else this.fail(new ProtocolViolationError(`the hub began with ${message.case} and not with Welcome`));
        return;
      case 'open':
      case 'draining':
        this.#handle(message);
        return;
      case 'ended':
        // What was still on its way. The hub leases these attempts anew.
        return;
      default:
        this.#state satisfies never;
    }
  }

  #welcome(welcome: Welcome): void {
    clearTimeout(this.#welcomeTimer);
    this.#state = 'open';
    this.#welcomed = true;
    if (welcome.lost.length > 0) this.#events.onLost(welcome.lost);
    this.#events.onWelcome(welcome);
  }

  #accept(assignments: readonly Assignment[]): void {
    if (assignments.length > this.#credits) {
      this.fail(new ProtocolViolationError('the hub assigned more runs than the node has room for'));
      return;
    }
    this.#credits -= assignments.length;
    for (const assignment of assignments) this.#events.onAssignment(assignment);
  }

  #handle(message: SessionResponse['message']): void {
    switch (message.case) {
      case 'welcome':
        this.fail(new ProtocolViolationError('the hub welcomed the node twice'));
        return;
      case 'assignments':
        this.#accept(message.value.assignments);
        return;
      case 'dispositions':
        if (this.#report) this.#report.resolve(message.value.dispositions);
        else this.fail(new ProtocolViolationError('the hub answered outcomes that were not reported'));
        return;
      case 'cancel':
        if (message.value.attempt) this.#events.onCancel(message.value.attempt);
        return;
      case 'drain':
        this.#state = 'draining';
        this.#events.onDrain(message.value);
        return;
      case 'heartbeatAck':
        if (message.value.lost.length > 0) this.#events.onLost(message.value.lost);
        this.#events.onHeartbeatAck();
        return;
      case undefined:
        // A message of a later version; the contract lets either side know fewer than the other.
        this.#logger.debug('the hub sent a message that this version does not know');
        return;
      default:
        message satisfies never;
    }
  }
}
