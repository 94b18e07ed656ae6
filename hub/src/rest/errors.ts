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
    if (error.kind === 'unauthenticated') reply.header('www-authenticate', 'Token');
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
const FIELDS: Readonly<Record<string, string>> = {
  taskIds: 'tasks',
  resourceKey: 'data',
  phaseId: 'phase',
  leaderboardId: 'leaderboard',
  startsAt: 'start',
  endsAt: 'end',
  autoMigrateToThisPhase: 'auto_migrate_to_this_phase',
  hideOutput: 'hide_output',
};

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
  if (error instanceof MethodRefusedError) return 405;
  return error.code.startsWith('limit_') ? 403 : HTTP_STATUS[error.kind];
}

/** A competition that was sent as JSON is not in order, with problems by its fields. */
export class BundleRefusedError extends DomainError {
  readonly code = 'competition_invalid';
  readonly kind = 'invalid';

  constructor(fields: Record<string, string>) {
    super('The competition is not in order.', { fields });
  }
}

/** Scripts that count up stop here. */
export class NoSuchPageError extends DomainError {
  readonly code = 'not_found';
  readonly kind = 'missing';

  constructor() {
    super('Invalid page.');
  }
}

export class SeveralBoardsError extends DomainError {
  readonly code = 'several_boards';
  readonly kind = 'invalid';

  constructor() {
    super('A table holds one board: name its phase, as in results.csv?phase=1, or ask for results.zip.');
  }
}

export class NoPhaseAfterError extends DomainError {
  readonly code = 'no_phase_after';
  readonly kind = 'invalid';

  constructor() {
    super('This is the last phase of the competition: there is none to take its submissions over into.');
  }
}

/** Of many things that were asked for, none was done. */
export class NoneDoneError extends DomainError {
  readonly code: string;
  readonly kind = 'forbidden';

  constructor({ id, code, message }: { id: number; code: string; message: string }) {
    super(`${id}: ${message}`);
    this.code = code;
  }
}

export class MethodRefusedError extends DomainError {
  readonly code = 'method_not_allowed';
  readonly kind = 'invalid';

  constructor(method: string) {
    super(`Method "${method}" not allowed.`);
  }
}

/** Codabench changes things by GET in places; there an API token must come with the request. */
export class ActionNeedsTokenError extends DomainError {
  readonly code = 'token_needed';
  readonly kind = 'forbidden';

  constructor() {
    super('Send an API token for this, or use POST.');
  }
}
