import { eq } from 'drizzle-orm';
import { type Actor, requireAdmin } from '../../accounts/access.ts';
import type { Database } from '../../db/database.ts';
import { isSameHub } from '../../keys/chain.ts';
import { type PeerDirectory, visitHub } from './directory.ts';
import { PeeringError, PeerMissingError } from './errors.ts';
import type { Relations } from './relation.ts';
import { peers } from './schema.ts';
import type { PeerState, Scope, WhenTrustEnds } from './state.ts';
import type { PeerRow } from './store.ts';

type Change = Partial<typeof peers.$inferInsert>;

/** What administrators decide about a peer. Each decision holds here at once, is written down, and is told to the peer. */
export class PeerAdministration {
  readonly #database: Database;
  readonly #directory: PeerDirectory;
  readonly #relations: Relations;
  readonly #whenTrustEnds: WhenTrustEnds;

  constructor(parts: {
    readonly database: Database;
    readonly directory: PeerDirectory;
    readonly relations: Relations;
    readonly whenTrustEnds: WhenTrustEnds;
  }) {
    this.#database = parts.database;
    this.#directory = parts.directory;
    this.#relations = parts.relations;
    this.#whenTrustEnds = parts.whenTrustEnds;
  }

  /** Agrees to a peer that has accepted our invitation. */
  confirm(actor: Actor, id: number, scopes: readonly Scope[]): Promise<void> {
    const change = (): Change => ({ state: 'active', scopesGiven: [...scopes] });
    return this.#decide(actor, id, 'confirmed', ['asking'], change, { scopes });
  }

  setScopes(actor: Actor, id: number, scopes: readonly Scope[]): Promise<void> {
    const from: PeerState[] = ['waiting', 'asking', 'active', 'paused'];
    return this.#decide(actor, id, 'scopes_set', from, () => ({ scopesGiven: [...scopes] }), { scopes });
  }

  setRate(actor: Actor, id: number, callsPerMinute: number): Promise<void> {
    const from: PeerState[] = ['waiting', 'asking', 'active', 'paused', 'identity_changed'];
    return this.#decide(actor, id, 'rate_set', from, () => ({ callsPerMinute }), { callsPerMinute });
  }

  /**
   * It answers elsewhere by now: taken when the keys that are known of it, or those that followed them, are shown there.
   * @throws PeeringError | HubUnreachableError
   */
  async move(actor: Actor, id: number, address: string): Promise<void> {
    requireAdmin(actor);
    await this.#directory.get(id);
    const { keys, fingerprint } = await visitHub(address);
    const from: PeerState[] = ['waiting', 'asking', 'active', 'paused'];
    const change = ({ chain, name }: PeerRow): Change => {
      if (!isSameHub(chain, keys))
        throw new PeeringError(
          'fingerprint_differs',
          `at ${address} answers a hub that does not show the known keys of ${name}: its fingerprint is ${fingerprint}`,
        );
      return { address };
    };
    await this.#decide(actor, id, 'moved', from, change, { address });
  }

  pause(actor: Actor, id: number): Promise<void> {
    return this.#decide(actor, id, 'paused', ['active'], () => ({ state: 'paused' }));
  }

  resume(actor: Actor, id: number): Promise<void> {
    return this.#decide(actor, id, 'resumed', ['paused'], () => ({ state: 'active' }));
  }

  revoke(actor: Actor, id: number): Promise<void> {
    const from: PeerState[] = ['waiting', 'asking', 'active', 'paused', 'identity_changed'];
    return this.#decide(actor, id, 'revoked', from, () => ({ state: 'revoked', claimedChain: null }));
  }

  /** It is not told: its calls are refused. */
  block(actor: Actor, id: number): Promise<void> {
    const from: PeerState[] = ['waiting', 'asking', 'active', 'paused', 'identity_changed', 'revoked'];
    return this.#decide(actor, id, 'blocked', from, () => ({ state: 'blocked' }));
  }

  /** It can be invited again. */
  unblock(actor: Actor, id: number): Promise<void> {
    return this.#decide(actor, id, 'unblocked', ['blocked'], () => ({ state: 'revoked' }));
  }

  /**
   * Says that the hub with the new keys is the same one: whatever refers to the peer refers to it.
   * @param newest the newest of the keys that the administrator has seen, in case it shows others by now
   */
  acceptIdentity(actor: Actor, id: number, newest: string): Promise<void> {
    return this.#decide(actor, id, 'identity_accepted', ['identity_changed'], ({ claimedChain }) => {
      if (claimedChain?.at(-1)?.id !== newest)
        throw new PeeringError('wrong_state', 'it shows other keys by now: look at them first');
      return { state: 'active', rootId: claimedChain[0]!.id, chain: claimedChain, claimedChain: null };
    });
  }

  /** Goes on with the keys that were known. Should it show the others again, it is stopped again. */
  keepIdentity(actor: Actor, id: number): Promise<void> {
    const change = { state: 'active', claimedChain: null } as const;
    return this.#decide(actor, id, 'identity_kept', ['identity_changed'], () => change);
  }

  /** Asks the peer now, also when it has not answered lately. */
  async check(actor: Actor, id: number): Promise<void> {
    requireAdmin(actor);
    const peer = await this.#directory.get(id);
    await this.#relations.tend({ ...peer, retryAt: null, chainSeenAt: new Date(0) });
  }

  async #decide(
    actor: Actor,
    id: number,
    kind: string,
    from: readonly PeerState[],
    change: (peer: PeerRow) => Change,
    details: Record<string, unknown> = {},
  ): Promise<void> {
    const { id: userId } = requireAdmin(actor);
    const state = await this.#database.transaction(async ({ queries }) => {
      const [peer] = await queries.select().from(peers).where(eq(peers.id, id)).for('update');
      if (!peer) throw new PeerMissingError();
      if (!from.includes(peer.state))
        throw new PeeringError('wrong_state', `${peer.name} is ${peer.state}: that cannot be done to it now`);
      const changed = change(peer);
      const since = changed.state ? { stateSince: new Date() } : {};
      await queries
        .update(peers)
        .set({ ...changed, ...since })
        .where(eq(peers.id, id));
      if (changed.state === 'revoked' || changed.state === 'blocked') await this.#whenTrustEnds(queries, id);
      const told = { name: peer.name, before: peer.state, ...details };
      await this.#relations.event(queries, { peerId: id, kind, userId, details: told });
      return changed.state ?? peer.state;
    });
    if (state !== 'blocked') await this.#relations.tell(id);
  }
}
