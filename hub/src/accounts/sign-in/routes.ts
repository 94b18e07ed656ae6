import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HubContext } from '../../context/context.ts';
import { RETURN_PATH } from '../../federation/identity/codes.ts';
import { DomainError } from '../../http/domain-error.ts';
import { INSTITUTION_RETURN_PATH } from '../oidc/service.ts';
import { readBrowser } from './browser.ts';

/** Where people come back to who went elsewhere to say who they are. They see a page of the portal, whatever came of it. */
export async function signInRoutes(app: FastifyInstance, hub: HubContext): Promise<void> {
  app.get(INSTITUTION_RETURN_PATH, (request, reply) =>
    land(request, reply, async (search, browser) => {
      const came = await hub.institutions.comeBack(search, browser);
      if (came.kind === 'new') return '/register/institution';
      if (came.kind === 'signed_in') await startSession(hub, reply, came.userId);
      return came.returnTo;
    }),
  );

  app.get(RETURN_PATH, (request, reply) =>
    land(request, reply, async (search, browser) => {
      const { userId, returnTo } = await hub.identity.visiting.comeBack(search, browser);
      await startSession(hub, reply, userId);
      return returnTo;
    }),
  );
}

async function land(
  request: FastifyRequest,
  reply: FastifyReply,
  comeBack: (search: URLSearchParams, browser: string | null) => Promise<string>,
) {
  const search = new URLSearchParams(request.url.split('?')[1] ?? '');
  reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
  try {
    return reply.redirect(await comeBack(search, readBrowser(request.headers.cookie ?? '')), 303);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    request.log.info({ err: error }, 'a sign-in from elsewhere came to nothing');
    // A code of ours alone: no text of others gets into the page.
    return reply.redirect(`/login?problem=${error.code}`, 303);
  }
}

async function startSession(hub: HubContext, reply: FastifyReply, userId: number): Promise<void> {
  reply.header('set-cookie', await hub.accounts.sessions.start(userId));
}
