import { isDeepStrictEqual } from 'node:util';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type {
  AttemptRef,
  Hello,
  NodeStatus,
  Outcome,
  SessionRequest,
  SessionResponseSchema,
} from '@weir/proto/node/v1';
import { PROTOCOL_VERSION } from '@weir/proto/version';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { LiveBus } from '../live/bus.ts';
import { occasions } from '../live/follow.ts';
import { ReceiptKeyRefusedError } from '../receipts/errors.ts';
import type { Announcement, ReceiptDesk } from '../receipts/service.ts';
import { isAccepted } from '../sites/certificates.ts';
import type { KnownNode, Sites } from '../sites/service.ts';
import { AssignmentBatch } from './assignment-batch.ts';
import { type AttemptKey, toAttemptKey } from './attempt-key.ts';
import { GatewayError } from './gateway-error.ts';
import { MOST_OUTCOMES } from './outcome.ts';
import { type Pool, queuePool, sitePool } from './pools.ts';
import { SendQueue } from './send-queue.ts';
import type { Dispatcher } from './service.ts';
import type { AssignmentInit, NodeSession } from './sessions.ts';

type Response = MessageInitShape<typeof SessionResponseSchema>;
export type SessionStream = ServerDuplexStream<SessionRequest, Response>;

/** A node that says nothing is told so; a node that grants the moon is not believed. */
const HELLO_WITHIN_MS = 10_000;
const MOST_CREDIT = 4_096;
const MOST_HELD = 10_000;

/** Who is at the other end of a connection, as the certificate says. */
export interface Caller {
  readonly nodeId: string;
  readonly begins: Date | null;
}

interface Dependencies {
  readonly dispatch: Dispatcher;
  readonly sites: Sites;
  readonly receiptDesk: Pick<ReceiptDesk, 'learn'>;
  readonly live: LiveBus;
  readonly config: Pick<Config, 'name' | 'leaseMs'>;
  readonly log: Logger;
}

/**
 * One stream of one node, from its hello to its end.
 *
 *   opened --hello--> greeting --welcome--> working --(peer ends | replaced | drained | error)--> closed
 *
 * Messages are handled one after the other, in the order in which they came. A message that is out of order or out of bounds ends the stream with a
 * status that says why.
 */
export class StreamSession {
  readonly #stream: SessionStream;
  readonly #nodeId: string;
  /** When the certificate that it came with begins; null when that is not known. */
  readonly #certificateBegins: Date | null;
  readonly #deps: Dependencies;
  readonly #log: Logger;
  readonly #queue: SendQueue<Response>;
  readonly #assignments: AssignmentBatch;
  #state: 'opened' | 'greeting' | 'working' | 'closed' = 'opened';
  #session: NodeSession | null = null;
  #handled: Promise<void> = Promise.resolve();
  #unhandled = 0;
  /** The answer to the last outcomes that the node reported on this stream. */
  #reported: Promise<void> = Promise.resolve();
  readonly #closed = Promise.withResolvers<void>();

  constructor(stream: SessionStream, { nodeId, begins }: Caller, deps: Dependencies) {
    this.#stream = stream;
    this.#nodeId = nodeId;
    this.#certificateBegins = begins;
    this.#deps = deps;
    this.#log = deps.log.child({ node: nodeId });
    this.#queue = new SendQueue<Response>(stream as unknown as ServerDuplexStream<never, Response>, () =>
      this.close(status.RESOURCE_EXHAUSTED, 'this node does not read what the hub sends it'),
    );
    this.#assignments = new AssignmentBatch((assignments) =>
      this.#queue.send({ message: { case: 'assignments', value: { assignments } } }),
    );
    const hello = setTimeout(() => {
      if (this.#state === 'opened')
        this.close(status.DEADLINE_EXCEEDED, 'the first message on a stream is Hello');
    }, HELLO_WITHIN_MS).unref();
    stream.on('data', (request: SessionRequest) => this.#receive(request));
    stream.on('end', () => this.close(status.OK, ''));
    stream.on('cancelled', () => this.#finish('the connection was lost'));
    stream.on('error', (error) => this.#finish(error.message));
    void this.#closed.promise.then(() => clearTimeout(hello));
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get nodeId(): string {
    return this.#nodeId;
  }

  drain(reason: string, reconnectAfterMs: number): void {
    this.#queue.send({ message: { case: 'drain', value: { reason, reconnectAfterMs } } });
  }

  close(code: status, details: string): void {
    if (this.#state === 'closed') return;
    this.#finish(details);
    if (code === status.OK) this.#stream.end();
    else this.#stream.emit('error', { code, details, name: 'SessionError', message: details });
  }

  #finish(reason: string): void {
    if (this.#state === 'closed') return;
    if (this.#session) {
      this.#deps.dispatch.disconnect(this.#session);
      this.#log.info({ reason }, 'node disconnected');
    }
    this.#state = 'closed';
    this.#closed.resolve();
  }

  #receive(request: SessionRequest): void {
    // A node that sends faster than its messages can be handled is held back by flow control.
    if (++this.#unhandled > 64) this.#stream.pause();
    this.#handled = this.#handled
      .then(() => this.#handle(request))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        if (--this.#unhandled <= 32) this.#stream.resume();
      });
  }

  #fail(error: unknown): void {
    if (error instanceof GatewayError) {
      this.close(error.status, error.message);
      return;
    }
    if (error instanceof ReceiptKeyRefusedError) {
      this.#log.warn({ err: error }, 'a node shows a key for receipts that is not its own');
      this.close(status.FAILED_PRECONDITION, error.message);
      return;
    }
    this.#log.error({ err: error }, 'a message of a node could not be handled');
    this.close(status.INTERNAL, 'the hub could not handle this message; connect again');
  }

  async #handle({ message }: SessionRequest): Promise<void> {
    if (this.#state === 'closed') return;
    if ((message.case === 'hello') !== (this.#state === 'opened')) {
      throw new GatewayError(status.FAILED_PRECONDITION, 'Hello comes first, and once');
    }
    switch (message.case) {
      case 'hello':
        return this.#greet(message.value);
      case 'credit':
        return this.#grant(message.value.runs);
      case 'heartbeat':
        return this.#heartbeat(message.value.held);
      case 'progress':
        return this.#deps.dispatch.progress(this.#nodeId, message.value.runs.slice(0, MOST_HELD));
      case 'status':
        return this.#noteStatus(message.value);
      case 'outcomes':
        if (message.value.outcomes.length > MOST_OUTCOMES)
          throw new GatewayError(status.INVALID_ARGUMENT, `at most ${MOST_OUTCOMES} outcomes at a time`);
        // They are recorded while what follows is handled. The next ones wait, and with them all that comes behind them.
        await this.#reported;
        this.#reported = this.#report(message.value.outcomes);
        return;
      case undefined:
        throw new GatewayError(
          status.INVALID_ARGUMENT,
          'this message is none that the hub knows; is the node newer than the hub?',
        );
      default:
        message satisfies never;
    }
  }

  async #greet(hello: Hello): Promise<void> {
    this.#state = 'greeting';
    const { sites, receiptDesk, dispatch, config } = this.#deps;
    if (hello.protocolVersion !== PROTOCOL_VERSION) {
      throw new GatewayError(
        status.FAILED_PRECONDITION,
        `this hub speaks version ${PROTOCOL_VERSION} of the protocol and the node version ${hello.protocolVersion}: bring both to the same release`,
      );
    }
    const node = await sites.findNode(this.#nodeId);
    if (!node)
      throw new GatewayError(
        status.PERMISSION_DENIED,
        'this node is not known at the hub, or was revoked; enrol it again',
      );
    this.#checkCertificate(node);
    await sites.greet(node, hello);
    await receiptDesk.learn(node, hello.receiptKey, announcementsOf(hello));
    const lost = await dispatch.extend(this.#nodeId, attemptKeys(hello.held));
    // The stream may have ended while the hub was looking things up.
    if (this.#ended()) return;
    this.#session = {
      node,
      pools: poolsOf(node, hello.status),
      credit: 0,
      assign: (assignment) => this.#assign(assignment),
      cancel: (attempt) => {
        this.#assignments.flush();
        this.#queue.send({ message: { case: 'cancel', value: { attempt } } });
      },
    };
    this.#state = 'working';
    dispatch.connect(this.#session);
    this.#log.info(
      {
        site: node.siteName,
        engine: hello.engine,
        slots: hello.slots,
        held: hello.held.length,
        lost: lost.length,
      },
      'node connected',
    );
    const welcome = {
      hub: config.name,
      nodeId: node.id,
      site: node.siteName,
      leaseMs: config.leaseMs,
      lost: lost.map(attemptRef),
      siteNodes: node.nodesOfSite,
    };
    this.#queue.send({ message: { case: 'welcome', value: welcome } });
    this.#watch(this.#session).catch((error: unknown) => this.#fail(error));
  }

  /**
   * What people at the hub change takes effect at once: a node that was revoked is cut off, one whose site was changed comes back anew. The first look
   * is for what was changed while it was greeted.
   */
  async #watch({ node }: NodeSession): Promise<void> {
    const { live, sites } = this.#deps;
    const ended = new AbortController();
    void this.closed.then(() => ended.abort());
    for await (const _ of occasions({ live, topic: `node:${node.id}`, signal: ended.signal })) {
      const now = await sites.findNode(node.id);
      if (!now) throw new GatewayError(status.PERMISSION_DENIED, 'this node was revoked');
      this.#checkCertificate(now);
      if (!isDeepStrictEqual(now, node))
        throw new GatewayError(
          status.UNAVAILABLE,
          'the node or its site was changed at the hub; connect again',
        );
    }
  }

  #ended(): boolean {
    return this.#state === 'closed';
  }

  #assign(assignment: AssignmentInit): boolean {
    if (this.#state !== 'working') return false;
    this.#assignments.add(assignment);
    return true;
  }

  /** A certificate from before the node enrolled again may be in other hands. */
  #checkCertificate({ certificatesFrom }: KnownNode): void {
    if (this.#certificateBegins === null || isAccepted(this.#certificateBegins, certificatesFrom)) return;
    throw new GatewayError(
      status.PERMISSION_DENIED,
      'this certificate is no longer accepted: the node has enrolled again since',
    );
  }

  async #noteStatus(said: NodeStatus): Promise<void> {
    const { sites, dispatch } = this.#deps;
    const session = this.#session!;
    dispatch.move(session, poolsOf(session.node, said));
    await sites.noteStatus(this.#nodeId, said);
  }

  async #report(outcomes: readonly Outcome[]): Promise<void> {
    const dispositions = await this.#deps.dispatch.report(this.#nodeId, outcomes).catch((error: unknown) => {
      this.#log.error({ err: error }, 'what a node reported could not be recorded');
      return [];
    });
    if (!this.#ended()) this.#queue.send({ message: { case: 'dispositions', value: { dispositions } } });
  }

  #grant(runs: number): void {
    const session = this.#session!;
    if (session.credit + runs > MOST_CREDIT) {
      throw new GatewayError(status.INVALID_ARGUMENT, `a node has room for at most ${MOST_CREDIT} runs`);
    }
    this.#deps.dispatch.grant(session, runs);
  }

  async #heartbeat(held: readonly AttemptRef[]): Promise<void> {
    const lost = await this.#deps.dispatch.extend(this.#nodeId, attemptKeys(held));
    this.#queue.send({ message: { case: 'heartbeatAck', value: { lost: lost.map(attemptRef) } } });
  }
}

/** Nothing is handed to a node that its site or the hub has paused or drains. */
function poolsOf(node: KnownNode, said: NodeStatus | undefined): Pool[] {
  const rests = node.sitePaused || node.drainRequested || said?.paused || said?.draining;
  return rests ? [] : [sitePool(node.siteId), ...node.queueIds.map(queuePool)];
}

/** What is incomplete announces nothing. */
function announcementsOf({ receiptKeySuccessions }: Hello): Announcement[] {
  return receiptKeySuccessions.flatMap(({ from, to, at, signature }) =>
    at ? [{ from, to, at: timestampDate(at), signature }] : [],
  );
}

function attemptKeys(held: readonly AttemptRef[]): AttemptKey[] {
  if (held.length > MOST_HELD)
    throw new GatewayError(status.INVALID_ARGUMENT, `a node holds at most ${MOST_HELD} runs`);
  return held.flatMap((ref) => toAttemptKey(ref) ?? []);
}

function attemptRef({ runId, attempt }: AttemptKey) {
  return { runId: BigInt(runId), attempt };
}
