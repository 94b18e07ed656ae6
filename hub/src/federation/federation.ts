import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/database.ts';
import type { KeyRing } from '../keys/ring.ts';
import { CallDesk } from './calls/desk.ts';
import { PeerCalls } from './peers/client.ts';
import { PeerDirectory } from './peers/directory.ts';
import { Traffic } from './peers/traffic.ts';

/** Everything of one hub process that has to do with other hubs. */
export interface Federation extends AsyncDisposable {
  /** Who the peers are. */
  readonly directory: PeerDirectory;
  /** Calls to peers. */
  readonly peers: PeerCalls;
  /** Calls of peers. */
  readonly desk: CallDesk;
}

export function createFederation({
  database,
  keys,
  log,
}: {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly config: Config;
  readonly log: Logger;
}): Federation {
  const directory = new PeerDirectory(database);
  const traffic = new Traffic(database, log);
  return {
    directory,
    peers: new PeerCalls({ database, keys, directory, traffic, log }),
    desk: new CallDesk({ database, keys, directory, traffic, log }),
    [Symbol.asyncDispose]: () => traffic[Symbol.asyncDispose](),
  };
}
