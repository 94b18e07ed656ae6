import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Topic } from './bus.ts';

const CHANNEL = 'weir_live';
/** PostgreSQL's limit for a payload is 8,000 bytes. */
const MOST_BYTES = 7_500;
const PRESENCE_MS = 10_000;
/** A process that has not been heard of for so long is gone. */
const GONE_MS = 25_000;

/**
 * Carries hints between the hub processes of one database over LISTEN and NOTIFY. Each process says now and then that it is there, and nobody sends
 * hints to nobody: a hub of one process notifies about its presence alone. While the connection is lost hints are lost too; readers look now and
 * then without one.
 *
 *   payload: <process> here | <process> hello | <process> <topic> <topic> ...
 */
export class LiveRelay implements AsyncDisposable {
  readonly #url: string;
  readonly #log: Logger;
  readonly #receive: (topics: Topic[]) => void;
  readonly #id = randomBytes(6).toString('hex');
  readonly #others = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #presence: NodeJS.Timeout;
  #client: pg.Client | null = null;
  #waiting = new Set<Topic>();
  #sending = false;

  constructor(url: string, log: Logger, receive: (topics: Topic[]) => void) {
    this.#url = url;
    this.#log = log;
    this.#receive = receive;
    this.#running = this.#run();
    this.#presence = setInterval(() => void this.#notify('here'), PRESENCE_MS).unref();
  }

  /** Whether another hub process listens. */
  get hasOthers(): boolean {
    for (const [id, seen] of this.#others) if (seen + GONE_MS < performance.now()) this.#others.delete(id);
    return this.#others.size > 0;
  }

  send(topics: Iterable<Topic>): void {
    if (!this.hasOthers) return;
    for (const topic of topics) this.#waiting.add(topic);
    if (!this.#sending) void this.#flush();
  }

  /** What gathers while one notification is on its way goes with the next. */
  async #flush(): Promise<void> {
    this.#sending = true;
    while (this.#waiting.size > 0) {
      const batch: string[] = [];
      let bytes = 0;
      for (const topic of this.#waiting) {
        bytes += topic.length + 1;
        if (bytes > MOST_BYTES) break;
        batch.push(topic);
        this.#waiting.delete(topic);
      }
      await this.#notify(batch.join(' '));
    }
    this.#sending = false;
  }

  async #notify(what: string): Promise<void> {
    try {
      await this.#client?.query('select pg_notify($1, $2)', [CHANNEL, `${this.#id} ${what}`]);
    } catch {
      // The connection is being replaced; hints may be lost.
    }
  }

  #hear(payload = ''): void {
    const [id = '', ...words] = payload.split(' ');
    if (id === this.#id) return;
    const isNew = !this.#others.has(id);
    this.#others.set(id, performance.now());
    if (words[0] === 'hello' || (isNew && words[0] !== 'here')) void this.#notify('here');
    if (words[0] !== 'hello' && words[0] !== 'here') this.#receive(words as Topic[]);
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; failures++) {
      const client = new pg.Client({
        connectionString: this.#url,
        application_name: 'weir-hub listen',
        keepAlive: true,
      });
      const lost = new Promise<void>((resolve) =>
        client.once('error', () => resolve()).once('end', () => resolve()),
      );
      client.on('notification', ({ payload }) => this.#hear(payload));
      try {
        await client.connect();
        await client.query(`listen ${CHANNEL}`);
        this.#client = client;
        failures = 0;
        await this.#notify('hello');
        await Promise.race([lost, aborted(this.#stop.signal)]);
      } catch (error) {
        this.#log.warn(
          { reason: (error as Error).message },
          'the connection for live hints could not be made',
        );
      }
      this.#client = null;
      await client.end().catch(() => {});
      const delay = Math.min(30_000, 250 * 2 ** failures) * (0.75 + Math.random() / 2);
      if (!this.#stop.signal.aborted)
        await pause(delay, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#presence);
    this.#stop.abort();
    await this.#running;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
