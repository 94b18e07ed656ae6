import { type ServiceError, status } from '@grpc/grpc-js';

/**
 * How a failed call is to be taken:
 *   passing   the hub or the way to it is down; back off and try again
 *   standing  the hub answered and said no; try again only rarely, since someone has to change something first
 *   invalid   the hub will never take this message as it is
 */
export type CallProblem = 'passing' | 'standing' | 'invalid';

/** The only place that judges gRPC status codes. */
export function callProblem(error: unknown): CallProblem {
  if (!isServiceError(error)) return 'passing';
  switch (error.code) {
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
    case status.FAILED_PRECONDITION:
    case status.UNIMPLEMENTED:
      return 'standing';
    case status.INVALID_ARGUMENT:
    case status.OUT_OF_RANGE:
    case status.RESOURCE_EXHAUSTED:
      return 'invalid';
    default:
      // INTERNAL among them: proxies produce it.
      return 'passing';
  }
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}
