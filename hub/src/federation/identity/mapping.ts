import { sql } from 'drizzle-orm';
import type { ActingUser, Actor } from '../../accounts/access.ts';
import { stillValid } from '../../accounts/attributes.ts';
import type { Database, Queries } from '../../db/database.ts';
import type { KeyRing } from '../../keys/ring.ts';
import { CLOCK_SKEW_S } from '../calls/token.ts';
import type { KnownPeer, PeerDirectory } from '../peers/directory.ts';
import { type ClaimedAssertion, readAssertion, verifyAssertion } from './assertion.ts';
import { AssertionRefusedError, PersonRefusedError } from './errors.ts';
import type { Purpose } from './model.ts';
import { findMapping, insertMapping, type Mapping, takeTurns, updateMapping } from './people.ts';
import { usedAssertions } from './schema.ts';

/** Somebody of another hub, at work here. */
export interface MappedActor {
  readonly user: ActingUser;
  /** For services: an account like any other, that is not here with a session. */
  readonly actor: Actor;
  /** What the person agreed that this hub is told for. */
  readonly purposes: readonly Purpose[];
}

/** Which account here somebody of a peer has. Known by (peer, subject): neither by name nor by address. */
export class AccountsOfPeers {
  readonly #database: Database;
  readonly #keys: Pick<KeyRing, 'rootId'>;
  readonly #directory: PeerDirectory;

  constructor(parts: {
    readonly database: Database;
    readonly keys: Pick<KeyRing, 'rootId'>;
    readonly directory: PeerDirectory;
  }) {
    this.#database = parts.database;
    this.#keys = parts.keys;
    this.#directory = parts.directory;
  }

  /**
   * Believes what a peer says about one of its people, once, and gives the account that they have here: with the first assertion it is made.
   *
   * @param peer whoever calls, or was called
   * @param purposes any of which the assertion has to be for
   * @param nonce of the sign-in that it is to answer
   * @throws AssertionRefusedError | PersonRefusedError
   */
  async accountOf(
    peer: KnownPeer,
    assertion: string,
    purposes: readonly Purpose[],
    { nonce = null }: { readonly nonce?: string | null } = {},
  ): Promise<MappedActor> {
    const claimed = readAssertion(assertion);
    const { chain } = await this.#withKey(peer, claimed.kid);
    await verifyAssertion(assertion, claimed, {
      chain,
      issuer: peer.rootId,
      audience: this.#keys.rootId,
      purposes,
      nonce,
      now: Date.now(),
    });
    requireLetIn(peer, claimed.pur);
    return this.#database.transaction(async ({ queries }) => {
      await useUp(queries, peer, claimed);
      const mapping = await this.#mapping(queries, peer, claimed);
      requireWelcome(mapping, claimed, peer);
      await updateMapping(queries, mapping.userId, {
        homeName: claimed.usr,
        displayName: displayNameOf(claimed.dsp, peer.name),
        attributes: stillValid(claimed.att),
        consentGivenAt: new Date(claimed.con.givenAt),
      });
      const { userId: id, username } = mapping;
      const user: ActingUser = { id, username, isAdmin: false, isRobot: false };
      return { user, actor: { kind: 'user', user, via: 'peer' }, purposes: claimed.con.purposes };
    });
  }

  async #mapping(queries: Queries, peer: KnownPeer, { sub, usr, con }: ClaimedAssertion): Promise<Mapping> {
    const known = await findMapping(queries, peer.id, sub);
    if (known) return known;
    await takeTurns(queries, peer.id, sub);
    const meanwhile = await findMapping(queries, peer.id, sub);
    if (meanwhile) return meanwhile;
    const consentGivenAt = new Date(con.givenAt);
    const person = { peerId: peer.id, hub: peer.name, subject: sub, homeName: usr, consentGivenAt };
    return insertMapping(queries, person);
  }

  /** It may have rotated its keys a moment ago. */
  async #withKey(peer: KnownPeer, kid: string): Promise<KnownPeer> {
    if (peer.chain.some(({ id }) => id === kid)) return peer;
    const now = await this.#directory.look(peer).catch(() => peer);
    return now.state === 'active' ? now : peer;
  }
}

function requireLetIn({ state, scopesGiven, name }: KnownPeer, purpose: Purpose): void {
  const scope = purpose === 'submit' ? 'submit' : 'register';
  if (state === 'active' && scopesGiven.includes(scope)) return;
  throw new PersonRefusedError(
    'peer_may_not_register',
    purpose === 'submit'
      ? `This hub takes no submissions of people of hub ${name}.`
      : `This hub does not let people of hub ${name} in.`,
  );
}

/** Of all that get the same assertion, one takes it. */
async function useUp(queries: Queries, { id }: KnownPeer, { jti, exp }: ClaimedAssertion): Promise<void> {
  const expiresAt = new Date((exp + CLOCK_SKEW_S) * 1_000);
  const { rowCount } = await queries
    .insert(usedAssertions)
    .values({ peerId: id, jti, expiresAt })
    .onConflictDoNothing();
  if (rowCount !== 1) throw new AssertionRefusedError('assertion_replayed', 'this assertion has been used');
}

function requireWelcome(mapping: Mapping, { con }: ClaimedAssertion, { name }: KnownPeer): void {
  if (mapping.suspendedAt || mapping.isDeleted)
    throw new PersonRefusedError(
      'person_suspended',
      `This hub does not let ${mapping.username} in any more.`,
    );
  // Both moments are of the clock at home.
  if (mapping.withdrawnAt && Date.parse(con.givenAt) <= mapping.withdrawnAt.getTime())
    throw new PersonRefusedError(
      'consent_withdrawn',
      `The person has withdrawn at hub ${name} what they had agreed to.`,
    );
}

/** Always with the hub's name: whatever people call themselves at home, nobody here takes them for somebody of this hub. */
function displayNameOf(displayName: string, hub: string): string {
  const plain = displayName
    .replace(/[\p{C}\p{Z}@]+/gu, ' ')
    .trim()
    .slice(0, 60);
  return plain && `${plain} @${hub}`;
}

/** Assertions too old to be taken need not be remembered. */
export async function forgetOldAssertions({ queries }: Database): Promise<void> {
  await queries.delete(usedAssertions).where(sql`${usedAssertions.expiresAt} < now()`);
}
