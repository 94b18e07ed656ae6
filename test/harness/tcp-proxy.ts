import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/**
 * The wire between a node and its hub, or between two hubs, in our hands.
 *
 *   open --cut()--> cut            connections are reset, new ones too
 *   open --hold()--> held          connections stay up, and nothing gets through
 *   open --scatter()--> scattered  connections are reset; new ones get through late, and in another order than they were opened
 *   cut | held | scattered --restore()--> open
 */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #target: Target;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #state: 'open' | 'cut' | 'held' | 'scattered' = 'open';
  #mostMs = 0;
  #accepted = 0;

  private constructor(server: Server, port: number, target: Target) {
    this.#server = server;
    this.port = port;
    this.#target = target;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async start(target: Target): Promise<TcpProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    return new TcpProxy(server, port, target);
  }

  get connections(): number {
    return this.#pairs.size;
  }

  cut(): void {
    this.#state = 'cut';
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  hold(): void {
    this.#state = 'held';
    for (const [near, far] of this.#pairs) {
      for (const [from, to] of [[near, far] as const, [far, near] as const]) {
        from.unpipe(to);
        from.pause();
      }
    }
  }

  /** @param mostMs by which the latest connection is late: of four that follow one another, the first */
  scatter(mostMs: number): void {
    this.cut();
    this.#state = 'scattered';
    this.#mostMs = mostMs;
  }

  restore(): void {
    const wasHeld = this.#state === 'held';
    this.#state = 'open';
    if (wasHeld) for (const pair of this.#pairs) join(pair);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(near: Socket): void {
    if (this.#state === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.#target);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const socket of pair) {
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
    }
    if (this.#state === 'open') {
      join(pair);
      return;
    }
    for (const socket of pair) socket.pause();
    if (this.#state !== 'scattered') return;
    const late = (this.#mostMs * (3 - (this.#accepted++ % 4))) / 3;
    // Cut or held meanwhile, it stays so.
    setTimeout(() => {
      if (this.#state === 'open' || this.#state === 'scattered') join(pair);
    }, late).unref();
  }
}

function join([near, far]: readonly [Socket, Socket]): void {
  near.pipe(far);
  far.pipe(near);
}
