import type { Queries } from '../../db/database.ts';

/**
 * States of a peer, as this hub sees it:
 *
 *   we accepted its invitation          it accepted ours
 *        waiting                             asking
 *           |  it has confirmed                |  we confirm
 *           +-------------> active <-----------+
 *                           |  ^
 *               pause, or   |  | resume, or the new
 *     it shows other keys   v  | keys are accepted
 *                  paused, identity_changed
 *
 *   any --revoke--> revoked      ended by either side; a new invitation begins anew
 *   any --block---> blocked      ended by us; it is answered with nothing but that, and cannot be invited until it is unblocked
 *
 * Only while it is active do the scopes count. What ended stays on record, since accounts and competitions refer to it.
 */
export type PeerState =
  | 'waiting'
  | 'asking'
  | 'active'
  | 'paused'
  | 'identity_changed'
  | 'revoked'
  | 'blocked';

export const SCOPES = ['list', 'register', 'submit', 'evaluate'] as const;

/**
 * - `list`: read the catalogue
 * - `register`: let its people take part
 * - `submit`: enter submissions for them
 * - `evaluate`: hand over runs to be evaluated at sites of the other
 */
export type Scope = (typeof SCOPES)[number];

/** Another hub, as features that serve or call it know it. */
export interface Peer {
  readonly id: number;
  /** Fingerprint of its oldest key: its identity. */
  readonly rootId: string;
  /** Unique here, for addresses like `person@name`. */
  readonly name: string;
  /** Origin where it answers and where its portal is. */
  readonly address: string;
  readonly state: PeerState;
  /** What it may do here. */
  readonly scopesGiven: readonly Scope[];
  /** What it lets this hub do. */
  readonly scopesGot: readonly Scope[];
}

/** Called in the transaction in which a peer is revoked, blocked, or shows another identity: what was open on its word ends with it. */
export type WhenTrustEnds = (queries: Queries, peerId: number) => Promise<void>;
