import { createTRPCClient, httpLink, isTRPCClientError, type TRPCClient } from '@trpc/client';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Database } from '../../db/database.ts';
import type { KeyRing } from '../../keys/ring.ts';
import { type BoundedAnswer, BoundedFetchError, boundedFetch } from '../bounded-fetch.ts';
import { REFUSALS } from '../calls/refusals.ts';
import { signCall } from '../calls/token.ts';
import type { FederationRouter } from '../router.ts';
import type { KnownPeer, PeerDirectory } from './directory.ts';
import { PeerCallError, type PeerCallProblem } from './errors.ts';
import type { PeerState, Scope } from './state.ts';
import * as store from './store.ts';
import type { Traffic } from './traffic.ts';

export const FEDERATION_PATH = '/federation/trpc';
const DEFAULT_MAX_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 10_000;
/** That it answers is written down so often at most. */
const NOTE_EVERY_MS = 10_000;

export interface CallOptions {
  /** What this hub must be let do at the peer: without it the call is not even made. */
  readonly scope?: Scope;
  /** Of the answer; 1 MiB by default. */
  readonly maxBytes?: number;
  /** Until the last byte of the answer; 10 s by default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Procedures of a peer, by the type of this hub's own. */
export type PeerHub = TRPCClient<FederationRouter>;

/** Calls procedures of one peer, which is treated as hostile. */
export interface PeerClient {
  /**
   * One call, signed for this procedure and body. It is never repeated by itself: whether it had an effect when no answer came, only an idempotent
   * procedure can tell.
   *
   * @param answer what the peer may answer, as this hub understands it: the type of the router says what a peer should do, this what it did
   * @param make the call, of exactly one procedure, with an object as its input
   * @throws PeerCallError
   */
  call<Answer extends z.ZodType>(
    answer: Answer,
    make: (hub: PeerHub) => Promise<unknown>,
    options?: CallOptions,
  ): Promise<z.output<Answer>>;
}

/** What calls look like on the wire, for errors of the peer's own router. */
const refusalShape = z.object({ data: z.object({ reason: z.string() }), message: z.string() });

/** Read by participants too. */
const NOT_CALLED: Readonly<Record<Exclude<PeerState, 'active'>, string>> = {
  waiting: 'its administrators have not confirmed yet that the two hubs are peers',
  asking: 'the administrators of this hub have not confirmed yet that the two hubs are peers',
  paused: 'the administrators of this hub have paused it',
  identity_changed:
    'it shows other keys than before, and the administrators of this hub have not accepted them',
  revoked: 'the two hubs are no peers any more',
  blocked: 'the administrators of this hub have blocked it',
};

export class PeerCalls {
  readonly #database: Database;
  readonly #keys: Pick<KeyRing, 'signing' | 'rootId'>;
  readonly #directory: PeerDirectory;
  readonly #traffic: Traffic;
  readonly #log: Logger;
  readonly #notedAt = new Map<number, number>();
  #back: (peerId: number) => Promise<void> = async () => {};

  constructor(parts: {
    readonly database: Database;
    readonly keys: Pick<KeyRing, 'signing' | 'rootId'>;
    readonly directory: PeerDirectory;
    readonly traffic: Traffic;
    readonly log: Logger;
  }) {
    this.#database = parts.database;
    this.#keys = parts.keys;
    this.#directory = parts.directory;
    this.#traffic = parts.traffic;
    this.#log = parts.log;
  }

  /** What to do when a peer answers that did not before: once, in the process that it answered. */
  whenBack(goOn: (peerId: number) => Promise<void>): void {
    this.#back = goOn;
  }

  client(peerId: number): PeerClient {
    return {
      call: async (answer, make, options = {}) => {
        const peer = await this.#directory.get(peerId);
        if (peer.state !== 'active')
          throw new PeerCallError('peer_not_active', peer.name, NOT_CALLED[peer.state]);
        if (options.scope && !peer.scopesGot.includes(options.scope))
          throw new PeerCallError(
            'peer_scope_missing',
            peer.name,
            `it does not let this hub ${options.scope}`,
          );
        return this.callKnown(peer, answer, make, options);
      },
    };
  }

  /** The same in any state: for what hubs have to say about their relation itself. */
  async callKnown<Answer extends z.ZodType>(
    peer: KnownPeer,
    answer: Answer,
    make: (hub: PeerHub) => Promise<unknown>,
    options: CallOptions = {},
  ): Promise<z.output<Answer>> {
    if (peer.retryAt && peer.retryAt.getTime() > Date.now()) {
      const since = peer.unreachableSince ? `${minuteOf(peer.unreachableSince)} UTC` : 'a while ago';
      throw new PeerCallError('peer_unreachable', peer.name, `it has not answered since ${since}`);
    }
    const seen: { clockAheadMs: number | null } = { clockAheadMs: null };
    try {
      const said = await make(this.#trpc(peer, options, seen));
      const parsed = answer.safeParse(said);
      if (!parsed.success) {
        const detail = z.prettifyError(parsed.error).slice(0, 300);
        throw new PeerCallError('peer_answer_invalid', peer.name, `its answer is not as agreed: ${detail}`);
      }
      await this.#noteAnswer(peer, seen.clockAheadMs);
      return parsed.data;
    } catch (error) {
      if (options.signal?.aborted) throw error;
      const problem = toCallError(peer.name, error);
      await this.#noteProblem(peer, problem);
      throw problem;
    }
  }

  #trpc(
    peer: KnownPeer,
    { maxBytes = DEFAULT_MAX_BYTES, timeoutMs = DEFAULT_TIMEOUT_MS, signal }: CallOptions,
    seen: { clockAheadMs: number | null },
  ): TRPCClient<FederationRouter> {
    const base = `${peer.address}${FEDERATION_PATH}`;
    return createTRPCClient<FederationRouter>({
      links: [
        httpLink({
          url: base,
          methodOverride: 'POST',
          fetch: async (url, init) => {
            const body = typeof init?.body === 'string' ? init.body : '{}';
            const procedure = new URL(url.toString()).pathname.slice(FEDERATION_PATH.length + 1);
            const { rootId: audience, protocol } = peer;
            const token = await signCall(this.#keys, { audience, procedure, body, protocol });
            const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
            const answer = await boundedFetch(
              `${base}/${procedure}`,
              { method: 'POST', headers, body },
              { maxBytes, timeoutMs, signal },
            );
            this.#traffic.callOut(peer.id, body.length);
            seen.clockAheadMs = clockAhead(answer);
            return new Response(new Uint8Array(answer.body), {
              status: answer.status,
              headers: answer.headers,
            });
          },
        }),
      ],
    });
  }

  async #noteAnswer(peer: KnownPeer, clockAheadMs: number | null): Promise<void> {
    const notedAt = this.#notedAt.get(peer.id) ?? 0;
    if (!peer.unreachableSince && Date.now() - notedAt < NOTE_EVERY_MS) return;
    this.#notedAt.set(peer.id, Date.now());
    await store.noteAnswer(this.#database.queries, peer.id, clockAheadMs);
    if (!peer.unreachableSince) return;
    await this.#back(peer.id).catch((error: unknown) =>
      // Each minute it goes on anyway.
      this.#log.error({ err: error, peer: peer.name }, 'what waited for a peer did not go on'),
    );
  }

  async #noteProblem(peer: KnownPeer, { code, refusal, detail }: PeerCallError): Promise<void> {
    // What a feature of the peer objects to (a limit is reached, a page is not there) says nothing about the peer.
    if (code === 'peer_refused' && !(refusal && refusal in REFUSALS)) return this.#noteAnswer(peer, null);
    this.#traffic.failedOut(peer.id);
    this.#notedAt.delete(peer.id);
    this.#log.warn({ peer: peer.name, problem: code, refusal, detail }, 'a call to a peer brought nothing');
    await store.noteProblem(this.#database.queries, peer.id, {
      problem: refusal ?? code,
      detail,
      isAnswer: code === 'peer_refused',
    });
  }
}

const FETCH_PROBLEMS: Record<BoundedFetchError['problem'], PeerCallProblem> = {
  unreachable: 'peer_unreachable',
  slow: 'peer_slow',
  too_large: 'peer_answer_too_large',
  redirects: 'peer_redirects',
};

function toCallError(peer: string, error: unknown): PeerCallError {
  if (error instanceof PeerCallError) return error;
  const cause = isTRPCClientError(error) ? (error.cause ?? error) : error;
  if (cause instanceof BoundedFetchError)
    return new PeerCallError(FETCH_PROBLEMS[cause.problem], peer, cause.message, { cause });
  const refused = isTRPCClientError(error) ? refusalShape.safeParse(error.shape) : null;
  if (!refused?.success)
    return new PeerCallError('peer_answer_invalid', peer, 'its answer is none of this protocol', { cause });
  const { message, data } = refused.data;
  // Codes are compared and shown; whatever else comes in their place is not let through.
  const refusal = /^[a-z][a-z_]{0,59}$/.test(data.reason) ? data.reason : 'unknown';
  return new PeerCallError('peer_refused', peer, plainText(message), { refusal, cause });
}

/** "2026-11-21 22:26" */
function minuteOf(moment: Date): string {
  return moment.toISOString().slice(0, 16).replace('T', ' ');
}

/** Text of a peer: one line, cut short. */
function plainText(text: string): string {
  return text
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, 500);
}

function clockAhead({ headers }: BoundedAnswer): number | null {
  const date = Date.parse(headers.get('date') ?? '');
  // The header counts in seconds: within them nothing can be said.
  return Number.isNaN(date) ? null : Math.round((date - Date.now()) / 1_000) * 1_000;
}
