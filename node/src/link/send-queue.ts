import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { SessionRequestSchema } from '@weir/proto/node/v1';
import { SendQueueFullError } from './errors.ts';

export type SessionMessage = MessageInitShape<typeof SessionRequestSchema>;

/** The half of grpc-js's duplex stream that the queue needs. */
export interface MessageSink {
  write(message: SessionMessage): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

export const MAX_QUEUED_BYTES = 1024 * 1024;

/**
 * All that a stream sends passes here. grpc-js's `write` never refuses and never waits, it only says that it would rather not: from then
 * until `drain` messages wait in a queue with a cap.
 */
export class SendQueue {
  readonly #sink: MessageSink;
  readonly #onOverflow: (error: SendQueueFullError) => void;
  #blocked = false;
  #waiting: SessionMessage[] = [];
  #bytes = 0;

  constructor(sink: MessageSink, onOverflow: (error: SendQueueFullError) => void) {
    this.#sink = sink;
    this.#onOverflow = onOverflow;
  }

  send(message: SessionMessage): void {
    if (!this.#blocked) {
      this.#write(message);
      return;
    }
    this.#bytes += toBinary(SessionRequestSchema, create(SessionRequestSchema, message)).length;
    if (this.#bytes > MAX_QUEUED_BYTES) {
      this.#onOverflow(new SendQueueFullError(this.#bytes));
      return;
    }
    this.#waiting.push(message);
  }

  #write(message: SessionMessage): void {
    if (this.#sink.write(message)) return;
    this.#blocked = true;
    this.#sink.once('drain', () => this.#resume());
  }

  #resume(): void {
    this.#blocked = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    for (const message of waiting) this.send(message);
  }
}
