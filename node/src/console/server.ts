import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { ZodError } from 'zod';
import { hasCode } from '../home/atomic-file.ts';
import { AnswerRefusedError } from '../people/errors.ts';
import type { ConsoleContext } from './context.ts';
import { ConsoleError } from './errors.ts';
import { guard } from './guard.ts';
import { bare } from './layout.ts';
import { problemPage } from './pages/login.ts';
import { assetRoutes } from './routes/assets.ts';
import { entranceRoutes } from './routes/entrance.ts';
import { reviewRoutes } from './routes/reviews.ts';
import { stewardRoutes } from './routes/steward.ts';

const HOST = '127.0.0.1';
/** A redaction carries a whole log. */
const BODY_BYTES = 4 * 1024 * 1024;

export interface RunningConsole extends AsyncDisposable {
  readonly origin: string;
}

/** Serves the console on this machine alone, at `port`, or at a free one where that is taken. */
export async function startConsole(context: ConsoleContext, port: number): Promise<RunningConsole> {
  const app = await buildConsole(context);
  try {
    await app.listen({ host: HOST, port });
  } catch (error) {
    if (!hasCode(error, 'EADDRINUSE')) throw error;
    context.logger.warn({ port }, 'the port of the console is taken; using a free one');
    await app.listen({ host: HOST, port: 0 });
  }
  const address = app.server.address();
  const origin = `http://${HOST}:${typeof address === 'object' && address ? address.port : port}`;
  await context.persons.announce(origin);
  return {
    origin,
    [Symbol.asyncDispose]: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

export async function buildConsole(context: ConsoleContext): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, bodyLimit: BODY_BYTES });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        formAction: ["'self'"],
        frameSrc: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Plain HTTP on loopback: nothing to upgrade to.
    strictTransportSecurity: false,
    // With `no-referrer` browsers would send forms with the origin `null`, which the guard could not tell from a stranger's.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  await app.register(cookie);
  await app.register(formbody);
  await app.register(rateLimit, { global: false });
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  guard(app, context);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, title, message } = explain(error);
    if (status >= 500) context.logger.error({ err: error, url: request.url }, 'the console failed');
    return reply
      .code(status)
      .type('text/html; charset=utf-8')
      .send(bare(title, problemPage(title, message)));
  });
  app.setNotFoundHandler((_request, reply) =>
    reply
      .code(404)
      .type('text/html; charset=utf-8')
      .send(bare('Not found', problemPage('Not found', 'There is no such page.'))),
  );
  await assetRoutes(app);
  entranceRoutes(app, context);
  reviewRoutes(app, context);
  stewardRoutes(app, context);
  return app;
}

function explain(error: FastifyError): { status: number; title: string; message: string } {
  if (error instanceof ConsoleError) {
    const status = { not_found: 404, forbidden: 403, invalid: 400 }[error.code];
    return { status, title: 'That does not work', message: error.message };
  }
  if (error instanceof AnswerRefusedError) {
    return { status: 404, title: 'That does not work', message: error.message };
  }
  if (error instanceof ZodError) {
    return { status: 400, title: 'Not understood', message: 'Something in the form is missing or too long.' };
  }
  const status = error.statusCode ?? 500;
  if (status === 429) return { status, title: 'Too many tries', message: 'Wait a minute, then try again.' };
  if (status < 500)
    return { status, title: 'Not understood', message: 'The request is not one of the console’s own.' };
  return {
    status,
    title: 'The node failed',
    message: 'Something went wrong in the node. Its log says what.',
  };
}
