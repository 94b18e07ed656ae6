import type { Logger } from 'pino';
import type { Actor } from '../../accounts/access.ts';
import type { Config } from '../../config/config.ts';
import type { Database } from '../../db/database.ts';
import type { Dispatcher } from '../../dispatch/service.ts';
import type { LiveBus } from '../../live/bus.ts';
import type { ReceiptDesk } from '../../receipts/service.ts';
import type { Sites } from '../../sites/service.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { Federation } from '../federation.ts';
import type { KnownPeer } from '../peers/directory.ts';
import { PeerCallError } from '../peers/errors.ts';
import { GuestFiles } from './files.ts';
import { type Grant, Grants, type NewGrant } from './grants.ts';
import { Handover } from './handover.ts';
import { Hosting } from './hosting.ts';
import { recordListing } from './listing-store.ts';
import { Offering } from './offering.ts';
import { Reports } from './reports.ts';
import { Rest } from './rest.ts';
import { siteListing } from './wire.ts';

/** Competitions of one hub scored at sites of another. */
export interface Evaluation extends AsyncDisposable {
  /** What peers call, where the sites are. */
  readonly hosting: Hosting;
  /** For administrators: what peers may use here, and what there is to let them use. */
  grants(
    actor: Actor,
  ): Promise<{ grants: Grant[]; choices: Pick<Grant, 'site' | 'siteTitle' | 'dataset'>[] }>;
  /** For administrators. @throws PeerMissingError | GrantError */
  grant(actor: Actor, grant: NewGrant): Promise<void>;
  /** For administrators. What has not come to its end is refused at once. @throws GrantMissingError */
  withdraw(actor: Actor, id: number): Promise<void>;
  /** Hands over runs of this hub's competitions, from now on. */
  start(): void;
  /** Asks a peer now what competitions of this hub may use there. */
  look(peerId: number): Promise<void>;
  /** Each minute: asks peers what may be used there, goes on with what could not be fetched, ends what is no longer permitted. */
  tend(): Promise<void>;
}

export function createEvaluation({
  federation: { directory, peers: calls, relations },
  ...parts
}: {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly federation: Federation;
  readonly dispatch: Dispatcher;
  readonly sites: Pick<Sites, 'findNode'>;
  readonly receiptDesk: Pick<ReceiptDesk, 'learnVouched'>;
  readonly live: LiveBus;
  readonly config: Pick<Config, 'leaseMs'>;
  readonly log: Logger;
}): Evaluation {
  const { database } = parts;
  const grants = new Grants({ database, directory, relations });
  const files = new GuestFiles({ ...parts, directory });
  const hosting = new Hosting({ ...parts, files });
  const rest = new Rest({ ...parts, directory });
  const offering = new Offering({ ...parts, calls });
  const handover = new Handover({
    ...parts,
    directory,
    calls,
    offering,
    reports: new Reports({ ...parts, rest }),
  });

  /** What is not asked for, or not told, may not be used. */
  async function look(known: readonly KnownPeer[]): Promise<void> {
    for (const peer of known) {
      const isOver = peer.state === 'revoked' || peer.state === 'blocked';
      if (isOver || !peer.scopesGot.includes('evaluate')) await recordListing(database, peer, { sites: [] });
      if (peer.state !== 'active' || !peer.scopesGot.includes('evaluate')) continue;
      try {
        const client = calls.client(peer.id);
        const listing = await client.call(siteListing, (hub) => hub.evaluation.sites.query({}), {
          scope: 'evaluate',
        });
        await recordListing(database, peer, listing);
      } catch (error) {
        // It is tried again in a minute; until then what was known holds.
        if (!(error instanceof PeerCallError)) throw error;
      }
    }
  }

  return {
    hosting,
    grants: (actor) => grants.list(actor),
    grant: (actor, grant) => grants.add(actor, grant),

    async withdraw(actor, id) {
      await grants.withdraw(actor, id);
      await hosting.endUnwelcome();
    },

    start: () => handover.start(),
    look: async (peerId) => look([await directory.get(peerId)]),

    async tend() {
      await hosting.endUnwelcome();
      await files.bringAll();
      await look(await directory.list());
    },

    async [Symbol.asyncDispose]() {
      await handover[Symbol.asyncDispose]();
      await rest[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    },
  };
}
