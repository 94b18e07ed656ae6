import type { CreateFastifyContextOptions } from '@trpc/server/adapters/fastify';
import type { Actor } from '../accounts/access.ts';
import type { HubContext } from '../context/context.ts';
import { authenticate } from '../http/authentication.ts';
import { DomainError } from '../http/domain-error.ts';
import { toTrpcError } from './error-formatter.ts';

export interface TrpcContext {
  readonly hub: HubContext;
  readonly actor: Actor;
  /** Where the request comes from. */
  readonly address: string;
  /** The Cookie header, for what begins and ends sessions. */
  readonly cookies: string;
  /** Sends a Set-Cookie header with the answer. */
  setCookie(header: string): void;
}

export function createTrpcContext(hub: HubContext) {
  return async ({ req, res }: CreateFastifyContextOptions): Promise<TrpcContext> => ({
    hub,
    actor: await authenticate(hub, req, res).catch(rethrowForTrpc),
    address: req.ip,
    cookies: req.headers.cookie ?? '',
    setCookie: (header) => void res.header('set-cookie', header),
  });
}

/** What happens before a procedure is called does not pass the procedures' own mapper. */
function rethrowForTrpc(error: unknown): never {
  throw error instanceof DomainError ? toTrpcError(error) : error;
}
