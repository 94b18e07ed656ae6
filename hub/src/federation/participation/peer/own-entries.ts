import type { ActingUser } from '../../../accounts/access.ts';
import type { Database } from '../../../db/database.ts';
import type { Submissions } from '../../../submissions/service.ts';
import type { SubmissionView } from '../../../submissions/view.ts';
import type { MappedActor } from '../../identity/mapping.ts';
import type { PeerIdentity } from '../../identity/service.ts';
import type { KnownPeer } from '../../peers/directory.ts';
import { EntryError } from '../errors.ts';
import * as store from './entry-store.ts';
import type { Asserted } from './guests.ts';

export interface Keyed extends Asserted {
  /** The home hub's name for what it delivers: whatever is repeated with it happens once. */
  readonly key: string;
}

interface Parts {
  readonly database: Database;
  readonly identity: Pick<PeerIdentity, 'accountOf'>;
  readonly submissions: Pick<Submissions, 'asOwnersSee'>;
}

/** At the peer: who it is that asks for something of theirs, as their home hub says, and what it is. */
export class OwnEntries {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws what identity throws */
  person(peer: KnownPeer, assertion: string): Promise<MappedActor> {
    return this.#parts.identity.accountOf(peer, assertion, ['submit']);
  }

  /** What was delivered with the key. @throws EntryError and what identity throws */
  async find(
    peer: KnownPeer,
    { assertion, key }: Keyed,
  ): Promise<{ person: MappedActor; entry: store.Entry }> {
    const person = await this.person(peer, assertion);
    const entry = requireOwn(await store.findEntry(this.#parts.database.queries, peer.id, key), person.user);
    return { person, entry };
  }

  /** What it became, as its owner sees it. @throws EntryError */
  async view(submissionId: number): Promise<SubmissionView> {
    const [view] = await this.#parts.submissions.asOwnersSee([submissionId]);
    if (!view) throw unknownEntry();
    return view;
  }
}

/** @throws EntryError */
export function requireOwn(entry: store.Entry | null, user: ActingUser): store.Entry {
  if (!entry || entry.userId !== user.id) throw unknownEntry();
  if (entry.withdrawnAt) throw new EntryError('entry_withdrawn', 'it was withdrawn before it was entered');
  return entry;
}

/** Somebody else's is unknown too. */
export function unknownEntry(): EntryError {
  return new EntryError('entry_unknown', 'nothing was delivered with this key for this person');
}
