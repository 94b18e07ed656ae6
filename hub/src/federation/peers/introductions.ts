import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { type Actor, requireAdmin } from '../../accounts/access.ts';
import type { Database, Queries } from '../../db/database.ts';
import { useUp } from '../calls/accounting.ts';
import type { IncomingCall } from '../calls/desk.ts';
import { CallRefusedError } from '../calls/refusals.ts';
import { bodyDigest, readToken, requireProtocol, verifyToken } from '../calls/token.ts';
import {
  commonProtocol,
  type HubDocument,
  type OwnIdentity,
  readHubDocument,
  type SignedHubDocument,
  writeHubDocument,
} from '../hub-document.ts';
import type { PeerCalls } from './client.ts';
import { type PeerDirectory, visitHub } from './directory.ts';
import { PeerCallError, PeeringError } from './errors.ts';
import { newSecret, readInvitation, writeInvitation } from './invitation.ts';
import { type Relation, type Relations, relation } from './relation.ts';
import { peerInvitations, peers } from './schema.ts';
import type { Scope } from './state.ts';

/** A hub as it is shown before anybody agrees to anything. */
export interface Introduced {
  readonly name: string;
  readonly address: string;
  readonly fingerprint: string;
  readonly keys: number;
  readonly protocol: number;
}

/**
 * How two hubs become peers:
 *
 *   A's administrator       invite    -> code (address, fingerprint, secret), handed over by whatever way the two trust
 *   B's administrator       examine   -> B reads A's document and shows whom the code leads to
 *                           accept    -> B: waiting; B asks A, showing the secret and its own document
 *   A                       asked     -> A: asking; the invitation is used up
 *   A's administrator       confirm   -> A: active; A tells B, or B asks within a minute -> B: active
 */
export class Introductions {
  readonly #database: Database;
  readonly #own: OwnIdentity;
  readonly #directory: PeerDirectory;
  readonly #calls: PeerCalls;
  readonly #relations: Relations;

  constructor(parts: {
    readonly database: Database;
    readonly own: OwnIdentity;
    readonly directory: PeerDirectory;
    readonly calls: PeerCalls;
    readonly relations: Relations;
  }) {
    this.#database = parts.database;
    this.#own = parts.own;
    this.#directory = parts.directory;
    this.#calls = parts.calls;
    this.#relations = parts.relations;
  }

  /** The code is shown once; the hub keeps no more than its digest. */
  async invite(
    actor: Actor,
    {
      scopes,
      note,
      days,
    }: { readonly scopes: readonly Scope[]; readonly note: string; readonly days: number },
  ): Promise<{ code: string; expiresAt: Date }> {
    const { id: userId } = requireAdmin(actor);
    const { secret, digest } = newSecret();
    const expiresAt = new Date(Date.now() + days * 86_400_000);
    await this.#database.transaction(async ({ queries }) => {
      const values = { secretDigest: digest, scopes: [...scopes], note, createdBy: userId, expiresAt };
      await queries.insert(peerInvitations).values(values);
      const details = { note, scopes, expiresAt: expiresAt.toISOString() };
      await this.#relations.event(queries, { kind: 'invited', userId, details });
    });
    const { address, keys } = this.#own;
    return { code: writeInvitation({ address, fingerprint: keys.rootId, secret }), expiresAt };
  }

  async withdraw(actor: Actor, id: string): Promise<void> {
    const { id: userId } = requireAdmin(actor);
    await this.#database.transaction(async ({ queries }) => {
      const [withdrawn] = await queries
        .update(peerInvitations)
        .set({ withdrawnAt: new Date() })
        .where(and(eq(peerInvitations.id, id), isNull(peerInvitations.usedAt)))
        .returning();
      if (!withdrawn) throw invitationOver();
      const details = { note: withdrawn.note };
      await this.#relations.event(queries, { kind: 'invitation_withdrawn', userId, details });
    });
  }

  /** Whom an invitation leads to. @throws PeeringError | HubUnreachableError */
  async examine(actor: Actor, code: string): Promise<Introduced> {
    requireAdmin(actor);
    return (await this.#open(code)).introduced;
  }

  /**
   * May be done again with the same invitation when no answer came.
   * @param scopes what the other may do here
   * @throws PeeringError | HubUnreachableError | PeerCallError
   */
  async accept(actor: Actor, code: string, scopes: readonly Scope[]): Promise<{ peerId: number }> {
    const { id: userId } = requireAdmin(actor);
    const { invitation, document, introduced } = await this.#open(code);
    const peerId = await this.#database.transaction(async ({ queries }) => {
      const values = {
        address: invitation.address,
        state: 'waiting',
        scopesGiven: scopes,
        scopesGot: [],
      } as const;
      const id = await this.#record(queries, document, values);
      const details = { ...introduced, scopes };
      await this.#relations.event(queries, { peerId: id, kind: 'invitation_accepted', userId, details });
      return id;
    });
    const peer = await this.#directory.get(peerId);
    try {
      const said = await this.#calls.callKnown({ ...peer, retryAt: null }, relation, (hub) =>
        hub.peering.ask.mutate({
          secret: invitation.secret,
          document: writeHubDocument(this.#own),
          scopes: [...scopes],
        }),
      );
      await this.#relations.learn(peer, said);
    } catch (error) {
      if (error instanceof PeerCallError && error.code === 'peer_refused')
        await this.#database.queries
          .update(peers)
          .set({ state: 'revoked', stateSince: new Date() })
          .where(and(eq(peers.id, peerId), eq(peers.state, 'waiting')));
      throw error;
    }
    return { peerId };
  }

  /**
   * A hub that is not known yet shows an invitation of ours. It brings the keys with which its own token is checked: what makes it count is the secret.
   * The same hub may ask again.
   * @throws PeeringError | CallRefusedError | HubDocumentError
   */
  async asked(
    call: IncomingCall,
    asked: {
      readonly secret: string;
      readonly document: SignedHubDocument;
      readonly scopes: readonly Scope[];
    },
  ): Promise<Relation> {
    const claimed = readToken(call.token);
    requireProtocol(claimed);
    const document = readHubDocument(asked.document);
    if (claimed.iss !== document.fingerprint)
      throw new CallRefusedError('signature_invalid', 'the token is of another hub than the document');
    const audience = this.#own.keys.rootId;
    await verifyToken(call.token!, claimed, { ...call, chain: document.keys, audience, now: Date.now() });
    this.#requireOther(document);
    return this.#database.transaction(async ({ queries }) => {
      const [invitation] = await queries
        .select()
        .from(peerInvitations)
        .where(
          and(
            eq(peerInvitations.secretDigest, bodyDigest(asked.secret)),
            isNull(peerInvitations.withdrawnAt),
            or(sql`${peerInvitations.expiresAt} > now()`, sql`${peerInvitations.usedAt} is not null`),
          ),
        )
        .for('update');
      if (!invitation) throw invitationOver();
      const known = await this.#directory.findByRoot(document.fingerprint);
      if (invitation.usedAt) {
        if (!known || invitation.peerId !== known.id || known.state === 'revoked') throw invitationOver();
        await useUp(queries, known.id, claimed);
        return { state: known.state, scopes: [...known.scopesGiven] };
      }
      const { scopes } = invitation;
      const values = {
        address: document.address,
        state: 'asking',
        scopesGiven: scopes,
        scopesGot: asked.scopes,
      } as const;
      const peerId = await this.#record(queries, document, values);
      await useUp(queries, peerId, claimed);
      await queries
        .update(peerInvitations)
        .set({ usedAt: new Date(), peerId })
        .where(eq(peerInvitations.id, invitation.id));
      const details = { address: document.address, fingerprint: document.fingerprint, scopes: asked.scopes };
      await this.#relations.event(queries, { peerId, kind: 'asked', details });
      return { state: 'asking', scopes };
    });
  }

  async #open(code: string) {
    const invitation = readInvitation(code);
    const document = await visitHub(invitation.address);
    if (document.fingerprint !== invitation.fingerprint) {
      throw new PeeringError(
        'fingerprint_differs',
        `at ${invitation.address} answers ${document.fingerprint}, and the invitation is of ${invitation.fingerprint}: somebody else may answer there`,
      );
    }
    this.#requireOther(document);
    const protocol = requireCommon(document);
    const introduced: Introduced = {
      name: document.name,
      address: invitation.address,
      fingerprint: document.fingerprint,
      keys: document.keys.length,
      protocol,
    };
    return { invitation, document, introduced };
  }

  #requireOther({ fingerprint, name }: HubDocument): void {
    if (fingerprint === this.#own.keys.rootId)
      throw new PeeringError(
        'own_invitation',
        'this is an invitation of this very hub: it is for another one',
      );
    if (name === this.#own.name)
      throw new PeeringError(
        'peer_name_taken',
        `both hubs are called ${name}: one of them needs another WEIR_HUB_NAME`,
      );
  }

  /** A hub that was a peer before is the same peer again; a name that another hub had goes to nobody else. */
  async #record(
    queries: Queries,
    document: HubDocument,
    values: {
      readonly address: string;
      readonly state: 'waiting' | 'asking';
      readonly scopesGiven: readonly Scope[];
      readonly scopesGot: readonly Scope[];
    },
  ): Promise<number> {
    const { fingerprint: rootId, name } = document;
    const [namesake] = await queries.select().from(peers).where(eq(peers.name, name)).for('update');
    if (namesake && namesake.rootId !== rootId)
      throw new PeeringError('peer_name_taken', `another hub is known as ${name} there`);
    const [before] = await queries.select().from(peers).where(eq(peers.rootId, rootId)).for('update');
    if (before?.state === 'blocked')
      throw new PeeringError('peer_is_blocked', `${before.name} is blocked: unblock it first`);
    if (before && before.state !== 'revoked' && before.state !== values.state)
      throw new PeeringError(
        'already_peers',
        `${before.name} is a peer already (${before.state}): end that first to begin anew`,
      );
    const row = {
      ...values,
      rootId,
      name,
      scopesGiven: [...values.scopesGiven],
      scopesGot: [...values.scopesGot],
      chain: document.keys,
      claimedChain: null,
      chainSeenAt: new Date(),
      protocol: requireCommon(document),
      stateSince: new Date(),
      theirState: null,
    };
    const [written] = await queries
      .insert(peers)
      .values(row)
      .onConflictDoUpdate({ target: peers.rootId, set: row })
      .returning({ id: peers.id });
    return written!.id;
  }
}

function requireCommon({ name, protocols }: HubDocument): number {
  const protocol = commonProtocol(protocols);
  if (protocol === null)
    throw new PeeringError(
      'protocol_unsupported',
      `${name} speaks protocols ${protocols.join(', ')}: none of ours`,
    );
  return protocol;
}

function invitationOver(): PeeringError {
  return new PeeringError(
    'invitation_over',
    'this invitation has been used, withdrawn, or has expired: ask for a new one',
  );
}
