import pino from 'pino';
import type { Env } from '../../config/env.ts';
import { createContext } from '../../context/context.ts';
import { freePort } from '../../db/free-port.ts';
import { createHttpApp } from '../../http/app.ts';
import { createTestHub, type TestHub } from '../../http/testing/test-hub.ts';
import type { Federation } from '../federation.ts';
import { PROTOCOLS } from '../hub-document.ts';
import { peers } from '../peers/schema.ts';
import { type PeerState, SCOPES, type Scope } from '../peers/state.ts';

/** A test hub that listens, since peers call it over HTTP. */
export interface FederatedHub extends TestHub {
  readonly name: string;
  readonly address: string;
  readonly federation: Federation;
}

export async function createFederatedHub(name: string, env: Env = {}): Promise<FederatedHub> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const hub = await createTestHub({
    WEIR_HUB_NAME: name,
    WEIR_HTTP: `127.0.0.1:${port}`,
    WEIR_PUBLIC_URL: address,
    ...env,
  });
  await hub.app.listen({ host: '127.0.0.1', port });
  return { ...hub, name, address, federation: hub.context.federation };
}

/**
 * Another process of the same hub: on its database, with its secrets, at an address of its own, or at the one that is free again. Dispose it before the hub.
 * @param databaseUser as the database is told who is connected
 */
export async function createAnotherProcess(
  hub: FederatedHub,
  { port = 0, databaseUser = 'weir-hub' } = {},
): Promise<FederatedHub> {
  await using stack = new AsyncDisposableStack();
  const { config, secrets, database } = hub.context;
  const stopping = new AbortController();
  const log = pino({ level: 'silent' });
  const databaseUrl = new URL(database.url);
  databaseUrl.searchParams.set('application_name', databaseUser);
  const parts = { config, secrets, databaseUrl: databaseUrl.href, log, stopping: stopping.signal };
  const context = stack.use(await createContext(parts));
  const app = stack.adopt(await createHttpApp(context), (listening) => listening.close());
  stack.defer(() => stopping.abort());
  const address = await app.listen({ host: '127.0.0.1', port });
  const disposal = stack.move();
  return {
    ...hub,
    context,
    app,
    address,
    federation: context.federation,
    [Symbol.asyncDispose]: () => disposal.disposeAsync(),
  };
}

export interface Befriended {
  /** What each lets the other do; everything by default. */
  readonly scopes?: readonly Scope[];
  readonly state?: PeerState;
}

/** Makes two hubs peers of one another, as if their administrators had agreed. @returns what `one` calls `other`, and the other way round */
export async function befriend(
  one: FederatedHub,
  other: FederatedHub,
  options: Befriended = {},
): Promise<{ readonly otherAtOne: number; readonly oneAtOther: number }> {
  return {
    otherAtOne: await introduce(one, other, options),
    oneAtOther: await introduce(other, one, options),
  };
}

async function introduce(
  at: FederatedHub,
  { name, address, context }: FederatedHub,
  { scopes = SCOPES, state = 'active' }: Befriended,
): Promise<number> {
  const peer = {
    rootId: context.keys.rootId,
    name,
    address,
    state,
    chain: [...context.keys.chain],
    scopesGiven: [...scopes],
    scopesGot: [...scopes],
    protocol: PROTOCOLS.at(-1)!,
  };
  const [row] = await at.context.database.queries.insert(peers).values(peer).returning({ id: peers.id });
  return row!.id;
}
