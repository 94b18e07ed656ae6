import type { Logger } from 'pino';
import { type Actor, requireAdmin } from '../../accounts/access.ts';
import type { Database } from '../../db/database.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { KeyRing } from '../../keys/ring.ts';
import type { Federation } from '../federation.ts';
import { Agreements } from './agreements.ts';
import { Asserting } from './asserting.ts';
import { SignInCodes } from './codes.ts';
import { PersonMissingError } from './errors.ts';
import { AccountsOfPeers, forgetOldAssertions } from './mapping.ts';
import * as people from './people.ts';
import { Visiting } from './visiting.ts';

/** Who people are, between hubs. */
export interface PeerIdentity {
  /** At home: says to a peer who somebody is, for one call. */
  readonly assertionFor: Asserting['assertionFor'];
  /** At the peer: the account of whom its caller speaks for. */
  readonly accountOf: AccountsOfPeers['accountOf'];
  readonly agreements: Agreements;
  /** "Sign in with my home hub", at home. */
  readonly codes: SignInCodes;
  /** The same, at the peer. */
  readonly visiting: Visiting;
  /** At the peer: the home hub says that somebody has withdrawn what they had agreed to. */
  withdrawn(peer: { readonly id: number }, what: { subject: string; at: Date }): Promise<void>;
  /** For administrators: people of other hubs with an account here, the latest first; `before` an account's id. */
  listPeople(
    actor: Actor,
    filter: { peerId: number | null; before: number | null },
  ): Promise<people.PersonOfPeer[]>;
  /** For administrators. Takes effect at once, and is told to whoever speaks for them. @throws PersonMissingError */
  setSuspended(actor: Actor, userId: number, isSuspended: boolean): Promise<void>;
  /** Tells peers what was withdrawn, and forgets what is over: each minute, and when somebody withdraws. */
  tend(): Promise<void>;
}

/** When the trust in a peer ends: nobody of it stays signed in. */
export const signOutPeopleOf = people.suspendAll;

export function createPeerIdentity({
  database,
  keys,
  federation: { directory, peers: calls },
  jobs,
  subjectKey,
  log,
}: {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly federation: Federation;
  readonly jobs: Jobs;
  readonly subjectKey: Buffer;
  readonly log: Logger;
}): PeerIdentity {
  const asserting = new Asserting({ database, keys, directory, subjectKey });
  const agreements = new Agreements({ database, directory, calls, asserting, jobs, log });
  const accounts = new AccountsOfPeers({ database, keys, directory });
  return {
    assertionFor: asserting.assertionFor.bind(asserting),
    accountOf: accounts.accountOf.bind(accounts),
    agreements,
    codes: new SignInCodes({ database, directory, asserting }),
    visiting: new Visiting({ database, keys, directory, calls, accounts }),

    async withdrawn({ id }, { subject, at }) {
      await database.transaction(async ({ queries }) => {
        const userId = await people.withdraw(queries, { peerId: id, subject, at });
        if (userId !== null) await people.suspend(queries, userId);
      });
    },

    async listPeople(actor, filter) {
      requireAdmin(actor);
      return people.listPeople(database.queries, filter);
    },

    async setSuspended(actor, userId, isSuspended) {
      const by = requireAdmin(actor);
      await database.transaction(async ({ queries }) => {
        const isThere = await people.setSuspended(queries, userId, isSuspended ? by : null);
        if (!isThere) throw new PersonMissingError();
        // Taken back: the next assertion that is taken lets them in.
        if (isSuspended) await people.suspend(queries, userId);
      });
    },

    async tend() {
      await forgetOldAssertions(database);
      await agreements.tellWithdrawals();
    },
  };
}
