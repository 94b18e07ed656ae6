import { initTRPC } from '@trpc/server';
import type { CreateFastifyContextOptions } from '@trpc/server/adapters/fastify';
import type { HubContext } from '../context/context.ts';
import { DomainError } from '../http/domain-error.ts';
import { formatError, toTrpcError } from '../trpc/error-formatter.ts';
import type { IncomingCall } from './calls/desk.ts';
import { CallRefusedError } from './calls/refusals.ts';
import type { KnownPeer } from './peers/directory.ts';
import type { Scope } from './peers/state.ts';

export interface FederationContext {
  readonly hub: HubContext;
  readonly call: IncomingCall;
  /** Who calls, its token checked; null for one procedure alone, with which a hub introduces itself. */
  readonly peer: KnownPeer | null;
}

/** The one procedure for hubs that are not known yet. */
export const INTRODUCTION = 'peering.ask';

const trpc = initTRPC.context<FederationContext>().create({ errorFormatter: formatError });

/** For what peers call. Each procedure takes an object as its input, and each call is a POST. */
export const federationRoutes = trpc.router;

const domainErrors = trpc.middleware(async ({ next }) => {
  const result = await next();
  if (!result.ok && result.error.cause instanceof DomainError) throw toTrpcError(result.error.cause);
  return result;
});

/** For a hub that shows an invitation: the procedure checks everything by itself. */
export const strangerProcedure = trpc.procedure.use(domainErrors);

/** For hubs whose token holds, whatever the state of the relation: what they have to say about it. */
export const relationProcedure = strangerProcedure.use(({ ctx, next }) => {
  const { peer } = ctx;
  if (!peer) throw new CallRefusedError('token_missing', 'a call between hubs carries a token');
  return next({ ctx: { peer } });
});

/** For active peers that may do `scope` here; null asks for no scope. */
export function peerProcedure(scope: Scope | null) {
  return relationProcedure.use(({ ctx, next }) => {
    requireAllowed(ctx.peer, scope);
    return next();
  });
}

/** @throws CallRefusedError */
export function requireAllowed(peer: KnownPeer, scope: Scope | null): void {
  requireActive(peer);
  if (scope && !peer.scopesGiven.includes(scope))
    throw new CallRefusedError('scope_missing', `this hub does not let yours ${scope}`);
}

export function createFederationContext(hub: HubContext) {
  return async ({ req }: CreateFastifyContextOptions): Promise<FederationContext> => {
    const [, token] = /^Bearer +(\S+)$/.exec(req.headers.authorization ?? '') ?? [];
    const call: IncomingCall = {
      method: req.method,
      token: token ?? null,
      procedure: (req.params as { path: string }).path,
      body: typeof req.body === 'string' ? req.body : '',
    };
    if (call.procedure === INTRODUCTION) return { hub, call, peer: null };
    try {
      return { hub, call, peer: await hub.federation.desk.admit(call) };
    } catch (error) {
      throw error instanceof DomainError ? toTrpcError(error) : error;
    }
  };
}

function requireActive({ state }: KnownPeer): void {
  if (state === 'active') return;
  if (state === 'paused')
    throw new CallRefusedError(
      'peer_paused',
      'administrators of this hub have paused what it does for yours',
    );
  throw new CallRefusedError('peer_not_confirmed', 'administrators of both hubs have not agreed yet');
}
