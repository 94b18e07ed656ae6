import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Actor, anonymous } from '../accounts/access.ts';
import { ForeignOriginError } from '../accounts/errors.ts';
import type { HubContext } from '../context/context.ts';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * On whose behalf a request comes: an API token in its header (`Token` as Codabench's scripts send it, or `Bearer`), else the session
 * of its cookie, else nobody's. Prolongs the session's cookie where due.
 * @throws InvalidTokenError | ForeignOriginError
 */
export async function authenticate(
  hub: Pick<HubContext, 'accounts' | 'config'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Actor> {
  const [, token] = /^(?:token|bearer) +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token) return { kind: 'user', user: await hub.accounts.tokens.resolve(token), via: 'token' };

  const session = await hub.accounts.sessions.resume(request.headers.cookie ?? '');
  if (!session) return anonymous;
  if (!SAFE_METHODS.includes(request.method) && !isFromOwnPages(request, hub.config.publicUrl)) {
    throw new ForeignOriginError();
  }
  if (session.renewal) reply.header('set-cookie', session.renewal);
  return { kind: 'user', user: session.user, via: 'session' };
}

/**
 * Browsers say where an unsafe request comes from, and pages cannot change what they say. A client that says nothing is not a browser, and
 * nobody can make it send a cookie against its will.
 */
function isFromOwnPages({ headers, host }: FastifyRequest, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site) return site === 'same-origin' || site === 'none';
  if (!headers.origin) return true;
  return headers.origin === publicUrl || URL.parse(headers.origin)?.host === host;
}
