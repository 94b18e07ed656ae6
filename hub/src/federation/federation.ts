import type { Logger } from 'pino';
import { type Actor, requireAdmin } from '../accounts/access.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/database.ts';
import type { KeyRing } from '../keys/ring.ts';
import { CallDesk } from './calls/desk.ts';
import type { OwnIdentity } from './hub-document.ts';
import { PeerAdministration } from './peers/administration.ts';
import { PeerCalls } from './peers/client.ts';
import { PeerDirectory } from './peers/directory.ts';
import { Introductions } from './peers/introductions.ts';
import { type FederationOverview, readOverview } from './peers/overview.ts';
import { Relations } from './peers/relation.ts';
import type { WhenTrustEnds } from './peers/state.ts';
import { Traffic } from './peers/traffic.ts';

/** Everything of one hub process that has to do with other hubs. */
export interface Federation extends AsyncDisposable {
  /** Who the peers are. */
  readonly directory: PeerDirectory;
  /** Calls to peers. */
  readonly peers: PeerCalls;
  /** Calls of peers. */
  readonly desk: CallDesk;
  /** How hubs become peers. */
  readonly introductions: Introductions;
  /** What administrators decide about peers. */
  readonly administration: PeerAdministration;
  readonly relations: Relations;
  /** Everything for the page of administrators. */
  overview(actor: Actor): Promise<FederationOverview>;
  /** A new key for this hub; peers follow by themselves. */
  rotateKey(actor: Actor): Promise<{ keyId: string }>;
  /** Ends an older key at once. */
  retireKey(actor: Actor, keyId: string): Promise<void>;
  /** Each minute: peers are asked how they are, and tokens that are too old are forgotten. */
  tend(): Promise<void>;
}

export function createFederation({
  database,
  keys,
  config,
  log,
  whenTrustEnds,
}: {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly config: Config;
  readonly log: Logger;
  readonly whenTrustEnds: WhenTrustEnds;
}): Federation {
  const own: OwnIdentity = { keys, name: config.name, address: config.publicUrl };
  const directory = new PeerDirectory(database, whenTrustEnds);
  const traffic = new Traffic(database, log);
  const desk = new CallDesk({ database, keys, directory, traffic, log });
  const calls = new PeerCalls({ database, keys, directory, traffic, log });
  const relations = new Relations({ database, directory, calls, log, whenTrustEnds });

  return {
    directory,
    peers: calls,
    desk,
    relations,
    introductions: new Introductions({ database, own, directory, calls, relations }),
    administration: new PeerAdministration({ database, directory, relations, whenTrustEnds }),
    overview: (actor) => readOverview(database, own, actor),

    async rotateKey(actor) {
      const { id: userId } = requireAdmin(actor);
      const keyId = await keys.rotate();
      await relations.event(database.queries, { kind: 'own_key_rotated', userId, details: { keyId } });
      return { keyId };
    },

    async retireKey(actor, keyId) {
      const { id: userId } = requireAdmin(actor);
      await keys.retire(keyId);
      await relations.event(database.queries, { kind: 'own_key_retired', userId, details: { keyId } });
      const all = await directory.list();
      const live = all.filter(({ state }) => state === 'active' || state === 'paused');
      await Promise.all(live.map(({ id }) => relations.tell(id, { lookAtKeys: true })));
    },

    async tend() {
      await desk.forgetOldTokens();
      await relations.tendAll();
    },

    [Symbol.asyncDispose]: () => traffic[Symbol.asyncDispose](),
  };
}
