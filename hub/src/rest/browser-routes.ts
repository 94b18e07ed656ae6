import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HubContext } from '../context/context.ts';
import { authenticate } from '../http/authentication.ts';
import { DomainError } from '../http/domain-error.ts';

const credentials = z
  .object({
    username: z.string().max(300).optional(),
    login: z.string().max(300).optional(),
    password: z.string().max(300),
    csrfmiddlewaretoken: z.string().max(200).optional(),
  })
  .transform(({ username, login, ...rest }) => ({ ...rest, name: username ?? login ?? '' }));

/**
 * What scripts do that behave like a browser: they fetch the form of the log-in page for its cookie, send name and password, and then use the cookie of
 * the session, also for the addresses of Codabench's pages that hand out files.
 */
export async function browserRoutes(app: FastifyInstance, hub: HubContext): Promise<void> {
  const secure = hub.config.publicUrl.startsWith('https:') ? '; Secure' : '';

  app.get('/accounts/login', async (request, reply) => {
    const token = formTokenOf(request) ?? randomBytes(24).toString('base64url');
    reply.header('set-cookie', `csrftoken=${token}; Path=/; SameSite=Lax; Max-Age=31449600${secure}`);
    return sendForm(reply, token);
  });

  app.post('/accounts/login', async (request, reply) => {
    const { name, password, csrfmiddlewaretoken: sent = '' } = credentials.parse(request.body ?? {});
    const token = formTokenOf(request);
    if (token === null || !isSame(token, sent)) return sendForm(reply.code(403), token ?? '', STALE);
    try {
      const { id } = await hub.accounts.logIn(name, password, request.ip);
      return reply.header('set-cookie', await hub.accounts.sessions.start(id)).redirect('/', 302);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return sendForm(reply, token, error.message);
    }
  });

  app.get('/datasets/download/:key', async (request, reply) => {
    const { key } = z.object({ key: z.string() }).parse(request.params);
    const actor = await authenticate(hub, request, reply);
    await hub.resources.getReadable(actor, key);
    const path = `/files/resources/${encodeURIComponent(key)}`;
    return reply.redirect(actor.kind === 'user' ? hub.links.sign('GET', path, actor.user.id) : path, 302);
  });
}

const STALE = 'This form is too old. Send it again.';

/** Another site's page can make a browser send this form, but cannot read the cookie, whose value the form must repeat. */
function formTokenOf(request: FastifyRequest): string | null {
  return /(?:^|; *)csrftoken=([\w-]{16,128})(?:;|$)/.exec(request.headers.cookie ?? '')?.[1] ?? null;
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

function sendForm(reply: FastifyReply, token: string, problem = '') {
  return reply
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('content-security-policy', "default-src 'none'; form-action 'self'; frame-ancestors 'none'")
    .send(`<!doctype html>
<html lang="en"><title>Log in</title><h1>Log in</h1><p role="alert">${asText(problem)}</p>
<form method="post" id="id_login">
<input type="hidden" name="csrfmiddlewaretoken" value="${asText(token)}">
<label>User name or e-mail address <input name="username" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button></form></html>
`);
}

function asText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
