import type { status } from '@grpc/grpc-js';

/** Ends a call or a stream with a gRPC status; the message goes to the node. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly status: status;

  constructor(code: status, message: string) {
    super(message);
    this.status = code;
  }
}
