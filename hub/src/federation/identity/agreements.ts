import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type Actor, requireSession, requireUser } from '../../accounts/access.ts';
import type { Database } from '../../db/database.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { PeerCalls } from '../peers/client.ts';
import type { PeerDirectory } from '../peers/directory.ts';
import { PeerCallError } from '../peers/errors.ts';
import type { Asserting } from './asserting.ts';
import {
  type Agreement,
  type Consent,
  endConsent,
  findConsent,
  insertConsent,
  listConsents,
} from './consents.ts';
import { HomeElsewhereError } from './errors.ts';
import { consents } from './schema.ts';

/** What the people of this hub agree that peers are told. */
export class Agreements {
  readonly #database: Database;
  readonly #directory: PeerDirectory;
  readonly #calls: PeerCalls;
  readonly #asserting: Asserting;
  readonly #jobs: Jobs;
  readonly #log: Logger;

  constructor(parts: {
    readonly database: Database;
    readonly directory: PeerDirectory;
    readonly calls: PeerCalls;
    readonly asserting: Asserting;
    readonly jobs: Jobs;
    readonly log: Logger;
  }) {
    this.#database = parts.database;
    this.#directory = parts.directory;
    this.#calls = parts.calls;
    this.#asserting = parts.asserting;
    this.#jobs = parts.jobs;
    this.#log = parts.log;
  }

  /** One's own, those in force first, and those from before. */
  list(actor: Actor) {
    return listConsents(this.#database.queries, requireUser(actor).id);
  }

  /** Hubs that let people of this one take part. None for people who are at home elsewhere. */
  async hubs(actor: Actor): Promise<{ id: number; name: string; address: string }[]> {
    if (requireUser(actor).username.includes('@')) return [];
    const peers = await this.#directory.list();
    return peers
      .filter(({ state, scopesGot }) => state === 'active' && scopesGot.includes('register'))
      .map(({ id, name, address }) => ({ id, name, address }));
  }

  /** The one in force with this peer. */
  find(actor: Actor, peerId: number) {
    return findConsent(this.#database.queries, requireUser(actor).id, peerId);
  }

  /**
   * Takes the place of what was agreed to before. Only from a page in front of the person: a token that somebody found agrees to nothing.
   * @throws NotLoggedInError | SessionNeededError | PeerMissingError | HomeElsewhereError
   */
  async give(actor: Actor, peerId: number, agreement: Agreement): Promise<void> {
    const user = requireSession(actor);
    if (user.username.includes('@')) throw new HomeElsewhereError();
    await this.#directory.get(peerId);
    await this.#database.transaction(async ({ queries }) => {
      await queries.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`consent ${user.id}`}, 0))`);
      await endConsent(queries, user.id, peerId, false);
      await insertConsent(queries, user.id, peerId, agreement);
    });
  }

  /** From then on the peer is told nothing more; that it is to forget what it was told follows as soon as it answers. Again: no harm. */
  async withdraw(actor: Actor, peerId: number): Promise<void> {
    const { id } = requireUser(actor);
    await this.#database.transaction(async (tx) => {
      const ended = await endConsent(tx.queries, id, peerId, true);
      if (ended) await this.#jobs.enqueue(tx, 'tend-identity', {}, 'tell-withdrawals');
    });
  }

  /** Whatever peers do not know yet. One that does not answer is told later. */
  async tellWithdrawals(): Promise<void> {
    const untold = and(eq(consents.isWithdrawn, true), isNull(consents.peerToldAt));
    const rows = await this.#database.queries.select().from(consents).where(untold).limit(1_000);
    for (const consent of rows) await this.#tell(consent);
  }

  async #tell(consent: Consent): Promise<void> {
    const peer = await this.#directory.find(consent.peerId);
    if (!consent.endedAt || !peer) return;
    const subject = this.#asserting.subjectOf(consent.userId, consent, peer.rootId);
    const at = consent.endedAt.toISOString();
    try {
      // Whatever the relation has come to: what somebody takes back is said in any state of it.
      await this.#calls.callKnown(peer, z.object({}), (hub) =>
        hub.identity.withdrawn.mutate({ subject, at }),
      );
    } catch (error) {
      if (!(error instanceof PeerCallError)) throw error;
      this.#log.warn({ peer: peer.name, err: error }, 'a peer could not be told of a withdrawal yet');
      return;
    }
    await this.#database.queries
      .update(consents)
      .set({ peerToldAt: sql`now()` })
      .where(eq(consents.id, consent.id));
  }
}
