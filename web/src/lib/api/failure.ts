import { TRPCClientError } from '@trpc/client';

/** What a person is told when something the portal asked of the hub did not happen. */
export interface Failure {
  /** A whole sentence: what, where, and what to do. */
  message: string;
  /** The hub's stable code, for deciding what to offer; null when the hub was not reached. */
  reason: string | null;
  /** Field name to sentence, for forms. */
  fields: Record<string, string>;
  /** HTTP status to show a page with. */
  status: number;
}

const unreachable =
  'The hub did not answer. Check your connection and try again; nothing you entered is lost.';

export function toFailure(error: unknown): Failure {
  if (!(error instanceof TRPCClientError)) {
    return {
      message: error instanceof Error ? error.message : unreachable,
      reason: null,
      fields: {},
      status: 500,
    };
  }
  const data: unknown = error.data;
  if (!isRecord(data)) return { message: unreachable, reason: null, fields: {}, status: 503 };
  return {
    message: error.message,
    reason: typeof data.reason === 'string' ? data.reason : null,
    fields: isRecord(data.fields) ? onlyStrings(data.fields) : {},
    status: typeof data.httpStatus === 'number' ? data.httpStatus : 500,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function onlyStrings(fields: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
