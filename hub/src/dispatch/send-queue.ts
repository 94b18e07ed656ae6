import type { ServerDuplexStream } from '@grpc/grpc-js';

/** More than this unread at a peer, and it is cut off: it can come back and loses nothing. */
const MAX_WAITING = 4_096;

/**
 * Sends messages on a stream as fast as the peer reads them. grpc-js's `write` never blocks and would queue without limit in memory; here what the
 * peer has not taken waits in a queue of bounded length.
 */
export class SendQueue<Message> {
  readonly #stream: ServerDuplexStream<never, Message>;
  readonly #onOverflow: () => void;
  #waiting: Message[] = [];
  #blocked = false;

  constructor(stream: ServerDuplexStream<never, Message>, onOverflow: () => void) {
    this.#stream = stream;
    this.#onOverflow = onOverflow;
    stream.on('drain', () => this.#flush());
  }

  send(message: Message): void {
    if (this.#blocked) {
      if (this.#waiting.push(message) > MAX_WAITING) this.#onOverflow();
      return;
    }
    this.#blocked = !this.#stream.write(message);
  }

  #flush(): void {
    this.#blocked = false;
    let sent = 0;
    while (sent < this.#waiting.length && !this.#blocked)
      this.#blocked = !this.#stream.write(this.#waiting[sent++]!);
    this.#waiting = this.#waiting.slice(sent);
  }
}
