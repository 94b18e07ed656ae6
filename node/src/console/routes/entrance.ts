import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ConsoleContext } from '../context.ts';
import { COOKIE } from '../guard.ts';
import { bare } from '../layout.ts';
import { enteredPage, loginPage } from '../pages/login.ts';
import { type ConsolePerson, hashOf } from '../persons.ts';

const tokenSchema = z.object({ token: z.string().min(1).max(200) });

/** Tries of tokens in a minute, by everybody together: all of them come from this machine. */
const RATE = { max: 20, timeWindow: '1 minute' };

export function entranceRoutes(app: FastifyInstance, context: ConsoleContext): void {
  const { persons, sessions, logger } = context;

  app.get('/login', { config: { access: 'public' } }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(bare('Sign in', loginPage(null))),
  );

  app.post('/login', { config: { access: 'public', rateLimit: RATE } }, async (request, reply) => {
    const token = tokenSchema.parse(request.body).token.trim();
    const registered = await persons.findByToken(token);
    const person = registered ?? (await persons.enter(token));
    if (!person) return turnAway(reply, 'That is not a token of this node, or it was used already.');
    return signIn(reply, person, registered && hashOf(token)).redirect('/', 303);
  });

  app.get('/enter', { config: { access: 'public', rateLimit: RATE } }, async (request, reply) => {
    const { token } = tokenSchema.parse(request.query);
    const person = await persons.enter(token);
    if (!person) {
      return turnAway(
        reply,
        'This address was used already, or is too old. On the node’s machine, weir-node console address prints a new one.',
      );
    }
    return signIn(reply, person, null).type('text/html; charset=utf-8').send(enteredPage());
  });

  app.post('/logout', { config: { access: 'reviewer' } }, (request, reply) => {
    sessions.end(request.cookies[COOKIE]);
    return reply.clearCookie(COOKIE, { path: '/' }).redirect('/login', 303);
  });

  function signIn(reply: FastifyReply, person: ConsolePerson, credential: string | null): FastifyReply {
    logger.info({ person: person.name }, 'signed in to the console');
    const session = sessions.begin(person, credential);
    return reply.setCookie(COOKIE, session, { path: '/', httpOnly: true, sameSite: 'strict' });
  }

  function turnAway(reply: FastifyReply, problem: string): FastifyReply {
    logger.warn('somebody came to the console with a token that does not count');
    return reply
      .code(401)
      .type('text/html; charset=utf-8')
      .send(bare('Sign in', loginPage(problem)));
  }
}
