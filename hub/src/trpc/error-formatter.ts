import { TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { DomainError, type DomainErrorKind } from '../http/domain-error.ts';

const CODES: Record<DomainErrorKind, TRPCError['code']> = {
  invalid: 'BAD_REQUEST',
  unauthenticated: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  missing: 'NOT_FOUND',
  conflict: 'CONFLICT',
  too_large: 'PAYLOAD_TOO_LARGE',
  too_many: 'TOO_MANY_REQUESTS',
  unavailable: 'SERVICE_UNAVAILABLE',
};

export function toTrpcError(error: DomainError): TRPCError {
  return new TRPCError({ code: CODES[error.kind], message: error.message, cause: error });
}

interface ErrorShape {
  readonly message: string;
  readonly code: number;
  readonly data: { readonly code: string; readonly httpStatus: number; readonly path?: string };
}

/**
 * What clients see of an error: a domain error's stable code as `reason` and its words, the fields of an invalid form, and of anything else nothing
 * but that it happened. Stack traces never leave.
 */
export function formatError({ error, shape }: { error: TRPCError; shape: ErrorShape }) {
  const { code, httpStatus, path } = shape.data;
  const data = {
    code,
    httpStatus,
    ...(path === undefined ? {} : { path }),
    reason: reasonOf(error),
    fields: fieldsOf(error),
  };
  return { ...shape, message: messageOf(error), data };
}

function reasonOf(error: TRPCError): string {
  if (error.cause instanceof DomainError) return error.cause.code;
  return error.code === 'INTERNAL_SERVER_ERROR' ? 'internal' : error.code.toLowerCase();
}

function fieldsOf(error: TRPCError): Record<string, string> | null {
  if (error.cause instanceof DomainError) return error.cause.fields;
  if (!(error.cause instanceof ZodError)) return null;
  return Object.fromEntries(error.cause.issues.map((issue) => [issue.path.join('.'), issue.message]));
}

function messageOf(error: TRPCError): string {
  if (error.cause instanceof DomainError) return error.cause.message;
  if (error.cause instanceof ZodError) {
    return error.cause.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n');
  }
  if (error.code === 'INTERNAL_SERVER_ERROR')
    return 'Something went wrong in this hub. It has been recorded.';
  return error.message;
}
