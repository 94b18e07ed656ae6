import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { bare } from './layout.ts';
import { problemPage } from './pages/login.ts';
import type { Persons, Role } from './persons.ts';
import type { ConsoleSession, Sessions } from './sessions.ts';

/** Who may use a route. A route that does not say is not registered. */
export type Access = 'public' | Role;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    signedIn: ConsoleSession | null;
  }
}

export const COOKIE = 'weir-node-console';
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Stands before every route, in this order:
 *   - the Host is one of this machine's own names: a name of the web that was bent to this address does not pass (DNS rebinding);
 *   - what changes something comes from the console's own pages: the Origin is there and is this one (forged requests; other ports of this
 *     machine are other origins, though cookies do not tell them apart);
 *   - somebody is signed in who may use the route.
 */
export function guard(
  app: FastifyInstance,
  { sessions, persons }: { sessions: Sessions; persons: Pick<Persons, 'isCurrent'> },
): void {
  app.decorateRequest('signedIn', null);
  app.addHook('onRoute', ({ config, url }) => {
    if (config?.access === undefined) throw new Error(`the route ${url} does not say who may use it`);
  });
  app.addHook('onRequest', async (request, reply) => {
    if (!isOurHost(request.headers.host)) {
      return refuse(reply, 421, 'Wrong address', 'Open the console by the address that the node printed.');
    }
    if (!isOurs(request)) {
      return refuse(
        reply,
        403,
        'Not from here',
        'This came from another page than the console’s own. Nothing was done.',
      );
    }
    const session = sessions.find(request.cookies[COOKIE]);
    const isCurrent = session && (await persons.isCurrent(session.person, session.credential));
    request.signedIn = isCurrent ? session : null;
    return admit(request, reply);
  });
}

function admit(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const { access } = request.routeOptions.config;
  const person = request.signedIn?.person;
  if (access === 'public') return undefined;
  if (!person) {
    if (isReading(request)) return reply.redirect('/login', 303);
    return refuse(
      reply,
      401,
      'Signed out',
      'You are no longer signed in. Nothing was done; sign in and try again.',
    );
  }
  if (access === 'reviewer' || person.role === 'steward') return undefined;
  if (request.url === '/') return reply.redirect('/reviews', 303);
  return refuse(reply, 403, 'Not for you', 'Only stewards of this site see this page.');
}

function refuse(reply: FastifyReply, status: number, title: string, message: string): FastifyReply {
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(bare(title, problemPage(title, message)));
}

function isOurHost(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK.has(host.replace(/:\d+$/, '').toLowerCase());
}

function isOurs(request: FastifyRequest): boolean {
  const { origin, host, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  if (!isReading(request)) return origin === `http://${host}`;
  // Pages elsewhere may lead people here, and nothing more. Frames of reports have an origin of their own.
  return site === undefined || site === 'same-origin' || site === 'none' || mode === 'navigate';
}

function isReading({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}
