import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ConsoleContext } from './context.ts';
import type { Content } from './html.ts';
import { page } from './layout.ts';
import type { ConsolePerson } from './persons.ts';
import type { ConsoleSession } from './sessions.ts';

/** The session of a route that the guard lets only people who are signed in use. */
export function sessionOf({ signedIn }: FastifyRequest): ConsoleSession {
  if (!signedIn) throw new Error('a route for people who are signed in was reached by nobody');
  return signedIn;
}

export function personOf(request: FastifyRequest): ConsolePerson {
  return sessionOf(request).person;
}

export interface Shown {
  readonly title: string;
  /** The navigation's entry. */
  readonly path: string;
  readonly content: Content;
  readonly isLive?: boolean;
}

export async function show(
  context: ConsoleContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { content, ...frame }: Shown,
): Promise<FastifyReply> {
  const session = sessionOf(request);
  const { notice, person } = session;
  session.notice = null;
  const { node } = await context.view.overview();
  const waiting = context.people.list(person).filter(({ mayVote }) => mayVote).length;
  return reply
    .type('text/html; charset=utf-8')
    .send(page({ ...frame, person, node, waiting, notice }, content));
}

/** After something was done: back to a page, which says so. */
export function done(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  notice: string,
): FastifyReply {
  sessionOf(request).notice = notice;
  return reply.redirect(path, 303);
}
