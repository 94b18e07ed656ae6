import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import { DomainError, type DomainErrorKind } from './domain-error.ts';

export const HTTP_STATUS: Record<DomainErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  missing: 404,
  conflict: 409,
  too_large: 413,
  too_many: 429,
  unavailable: 503,
};

/** Errors of plain HTTP routes: `{ error: { code, message } }`. What is not a refusal of ours is logged whole and told briefly. */
export function sendError(
  error: FastifyError | DomainError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (error instanceof DomainError) {
    const { code, message, fields } = error;
    reply.code(HTTP_STATUS[error.kind]).send({ error: { code, message, ...(fields ? { fields } : {}) } });
    return;
  }
  if (error instanceof ZodError) {
    const fields = Object.fromEntries(error.issues.map((issue) => [issue.path.join('.'), issue.message]));
    reply.code(400).send({ error: { code: 'invalid', message: Object.values(fields).join(' '), fields } });
    return;
  }
  const status = error.statusCode ?? 500;
  if (status < 500) {
    reply.code(status).send({ error: { code: error.code ?? 'invalid', message: error.message } });
    return;
  }
  if (error.code === 'ECONNRESET' && request.raw.destroyed) {
    request.log.info('the client went away in the middle of its request');
    return;
  }
  request.log.error({ err: error }, 'request failed');
  const message = `Something went wrong in this hub. It has been recorded as ${request.id}.`;
  reply.code(status).send({ error: { code: 'internal', message } });
}

export function sendNotFound(request: FastifyRequest, reply: FastifyReply): void {
  const message = `There is nothing at ${request.method} ${request.url.split('?', 1)[0]}.`;
  reply.code(404).send({ error: { code: 'not_found', message } });
}
