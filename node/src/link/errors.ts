/** There is no stream to the hub at the moment. Passing: whoever calls tries again later. */
export class LinkDownError extends Error {
  override readonly name = 'LinkDownError';
  readonly code = 'link_down';

  constructor() {
    super('there is no connection to the hub');
  }
}

/** The hub says something that the contract does not permit, or does not say what it must. The stream is given up. */
export class ProtocolViolationError extends Error {
  override readonly name = 'ProtocolViolationError';
  readonly code = 'protocol_violation';
}

/** The hub does not read what the node sends. The stream is given up rather than filling memory. */
export class SendQueueFullError extends Error {
  override readonly name = 'SendQueueFullError';
  readonly code = 'send_queue_full';

  constructor(bytes: number) {
    super(`the hub has not read ${bytes} bytes that wait for it`);
  }
}
