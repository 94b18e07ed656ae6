import { initTRPC } from '@trpc/server';
import { requireAdmin, requireUser } from '../accounts/access.ts';
import { DomainError } from '../http/domain-error.ts';
import type { TrpcContext } from './context.ts';
import { formatError, toTrpcError } from './error-formatter.ts';

const trpc = initTRPC.context<TrpcContext>().create({
  errorFormatter: formatError,
  sse: {
    ping: { enabled: true, intervalMs: 15_000 },
    // Clients come back by themselves; whoever has logged out meanwhile does not.
    maxDurationMs: 30 * 60_000,
    client: { reconnectAfterInactivityMs: 40_000 },
  },
});

export const { router } = trpc;

/** The one place where domain errors become tRPC's. */
const domainErrors = trpc.middleware(async ({ next }) => {
  const result = await next();
  if (!result.ok && result.error.cause instanceof DomainError) throw toTrpcError(result.error.cause);
  return result;
});

/** Anybody may call it; what they get is decided by the service, to which the actor is passed. */
export const publicProcedure = trpc.procedure.use(domainErrors);

/** Needs an account. */
export const userProcedure = publicProcedure.use(({ ctx, next }) =>
  next({ ctx: { user: requireUser(ctx.actor) } }),
);

/** For administrators of this hub. */
export const adminProcedure = publicProcedure.use(({ ctx, next }) =>
  next({ ctx: { user: requireAdmin(ctx.actor) } }),
);
