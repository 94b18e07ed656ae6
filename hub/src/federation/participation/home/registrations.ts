import { and, eq } from 'drizzle-orm';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { type Actor, requireUser } from '../../../accounts/access.ts';
import type { Database } from '../../../db/database.ts';
import { DomainError } from '../../../http/domain-error.ts';
import type { KeyRing } from '../../../keys/ring.ts';
import type { PeerCompetition } from '../../catalogue/service.ts';
import type { PeerIdentity } from '../../identity/service.ts';
import type { PeerCalls } from '../../peers/client.ts';
import type { PeerDirectory } from '../../peers/directory.ts';
import { PeerTermsChangedError } from '../errors.ts';
import { peerRegistrations } from '../schema.ts';
import { signAcceptance } from '../wire/acceptance.ts';
import { type StandingReading, standingReading } from '../wire/standing.ts';
import type { Readings } from './readings.ts';

export type Registration = typeof peerRegistrations.$inferSelect;
type Where = Pick<PeerCompetition, 'peerId' | 'id'>;

/** A standing, or the last that is known of it. */
export interface MyStanding extends Pick<Registration, 'status' | 'acceptedTermsVersion'> {
  /** By phase; null while the peer does not say. */
  readonly allowances: StandingReading['allowances'] | null;
  readonly problem: string | null;
}

/** At home: taking part in competitions of peers. */
export class Registrations {
  readonly #database: Database;
  readonly #keys: Pick<KeyRing, 'signing' | 'rootId'>;
  readonly #directory: PeerDirectory;
  readonly #calls: PeerCalls;
  readonly #identity: Pick<PeerIdentity, 'assertionFor'>;
  readonly #readings: Readings;

  constructor(parts: {
    database: Database;
    keys: Pick<KeyRing, 'signing' | 'rootId'>;
    directory: PeerDirectory;
    calls: PeerCalls;
    identity: Pick<PeerIdentity, 'assertionFor'>;
    readings: Readings;
  }) {
    this.#database = parts.database;
    this.#keys = parts.keys;
    this.#directory = parts.directory;
    this.#calls = parts.calls;
    this.#identity = parts.identity;
    this.#readings = parts.readings;
  }

  async find(actor: Actor, { peerId, id }: Where): Promise<Registration | null> {
    if (actor.kind !== 'user') return null;
    const [row] = await this.#database.queries
      .select()
      .from(peerRegistrations)
      .where(of(actor.user.id, peerId, id));
    return row ?? null;
  }

  /**
   * Accepts the terms that the person has seen, and takes part or asks to. Again: accepts changed terms.
   * @throws ConsentMissingError | PeerTermsChangedError | PeerCallError
   */
  async register(actor: Actor, where: Where, termsDigest: string): Promise<Registration> {
    const user = requireUser(actor);
    const { peerId, id } = where;
    const { content: competition } = await this.#readings.competition(where);
    if (competition.termsDigest !== termsDigest) throw new PeerTermsChangedError();
    const { rootId } = await this.#directory.get(peerId);
    const assertion = await this.#identity.assertionFor(user, peerId, 'register');
    const statement = await signAcceptance(this.#keys, {
      aud: rootId,
      sub: decodeJwt(assertion).sub!,
      cmp: id,
      ver: competition.termsVersion,
      trm: termsDigest,
    });
    const { status } = await this.#calls
      .client(peerId)
      .call(
        standingReading,
        (hub) => hub.participation.register.mutate({ competitionId: id, assertion, statement }),
        { scope: 'register' },
      );
    const accepted = {
      status,
      acceptedTermsVersion: competition.termsVersion,
      termsDigest,
      termsHtml: competition.termsSource,
      statement,
      acceptedAt: new Date(),
    };
    const [row] = await this.#database.queries
      .insert(peerRegistrations)
      .values({ userId: user.id, peerId, competitionId: id, ...accepted })
      .onConflictDoUpdate({
        target: [peerRegistrations.userId, peerRegistrations.peerId, peerRegistrations.competitionId],
        set: accepted,
      })
      .returning();
    return row!;
  }

  /** Where the person stands by the peer's own word, or else by the last that is known. Null for whoever does not take part. */
  async standing(actor: Actor, where: Where): Promise<MyStanding | null> {
    const registration = await this.find(actor, where);
    if (!registration) return null;
    const { peerId, id } = where;
    const { userId } = registration;
    try {
      const assertion = await this.#identity.assertionFor({ id: userId }, peerId, 'register');
      const { status, acceptedTermsVersion, allowances } = await this.#calls
        .client(peerId)
        .call(standingReading, (hub) => hub.participation.standing.query({ competitionId: id, assertion }), {
          scope: 'register',
          timeoutMs: 5_000,
        });
      const known = acceptedTermsVersion ?? registration.acceptedTermsVersion;
      if (status !== registration.status)
        await this.#database.queries
          .update(peerRegistrations)
          .set({ status })
          .where(of(userId, peerId, id));
      return { status, acceptedTermsVersion: known, allowances, problem: null };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const { status, acceptedTermsVersion } = registration;
      return { status, acceptedTermsVersion, allowances: null, problem: error.message };
    }
  }

  /** What was submitted stays. @throws ConsentMissingError | PeerCallError */
  async leave(actor: Actor, { peerId, id }: Where): Promise<void> {
    const user = requireUser(actor);
    const assertion = await this.#identity.assertionFor(user, peerId, 'register');
    await this.#calls
      .client(peerId)
      .call(z.object({}), (hub) => hub.participation.leave.mutate({ competitionId: id, assertion }), {
        scope: 'register',
      });
    await this.#database.queries
      .update(peerRegistrations)
      .set({ status: null })
      .where(of(user.id, peerId, id));
  }
}

const of = (userId: number, peerId: number, competitionId: number) =>
  and(
    eq(peerRegistrations.userId, userId),
    eq(peerRegistrations.peerId, peerId),
    eq(peerRegistrations.competitionId, competitionId),
  );
