import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { eq } from 'drizzle-orm';
import { peers } from '../peers/schema.ts';
import type { FederatedHub } from './federated-hub.ts';

export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** Stands where a peer's address leads to, and answers whatever it likes. */
export class HostileHub implements AsyncDisposable {
  readonly address: string;
  /** What it was asked for, in order. */
  readonly heard: string[] = [];
  behaviour: Behaviour = (_request, response) => response.end();
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>) {
    this.address = `http://127.0.0.1:${port}`;
    this.#close = close;
  }

  static async start(): Promise<HostileHub> {
    const server = createServer((request, response) => {
      hub.heard.push(request.url ?? '');
      hub.behaviour(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const hub = new HostileHub(port, async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return hub;
  }

  /** From now on it answers in the place of that peer. */
  async takePlaceOf(name: string, { context }: FederatedHub): Promise<void> {
    await context.database.queries.update(peers).set({ address: this.address }).where(eq(peers.name, name));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}
