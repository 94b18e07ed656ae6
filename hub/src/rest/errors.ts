import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ZodError, type z } from 'zod';
import { DomainError } from '../http/domain-error.ts';
import { HTTP_STATUS } from '../http/error-mapper.ts';

/** Errors as Django REST framework shapes them, which clients of Codabench read: `{detail}`, or `{field: [problem]}` for a body. */
export function sendRestError(
  error: FastifyError | DomainError | ZodError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (error instanceof ZodError) {
    const fields = Object.groupBy(error.issues, (issue) => String(issue.path[0] ?? 'non_field_errors'));
    const problems = Object.entries(fields).map(([name, issues]) => [name, issues?.map(problemOf)]);
    reply.code(400).send(Object.fromEntries(problems));
    return;
  }
  if (error instanceof DomainError) {
    const fields =
      error.fields && Object.entries(error.fields).map(([name, problem]) => [fieldOf(name), [problem]]);
    reply
      .code(statusOf(error))
      .send(fields ? Object.fromEntries(fields) : { detail: error.message, code: error.code });
    return;
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) request.log.error({ err: error }, 'request failed');
  const detail =
    status < 500 ? error.message : `Something went wrong in this hub. It has been recorded as ${request.id}.`;
  reply.code(status).send({ detail });
}

function problemOf({ code, message }: z.core.$ZodIssue): string {
  const isMissing = code === 'invalid_type' && message.endsWith('received undefined');
  return isMissing ? 'This field is required.' : message;
}

/** What features call a field by another name than this API. */
const FIELDS: Readonly<Record<string, string>> = { taskIds: 'tasks', resourceKey: 'data', phaseId: 'phase' };

function fieldOf(name: string): string {
  return FIELDS[name] ?? name;
}

/** An address that names no thing: it cannot be found, however it is written. */
export class NoSuchAddressError extends DomainError {
  readonly code = 'not_found';
  readonly kind = 'missing';

  constructor() {
    super('There is no such address in this API.');
  }
}

/** A limit of a phase is a matter of permission there; 429 is kept for clients that ask too fast. */
function statusOf(error: DomainError): number {
  return error.code.startsWith('limit_') ? 403 : HTTP_STATUS[error.kind];
}

/** Codabench changes things by GET in places; there an API token must come with the request. */
export class ActionNeedsTokenError extends DomainError {
  readonly code = 'token_needed';
  readonly kind = 'forbidden';

  constructor() {
    super('Send an API token for this, or use POST.');
  }
}
