import type pg from 'pg';
import pino from 'pino';
import type { HubContext } from '../../context/context.ts';
import { openDatabase } from '../../db/database.ts';
import type { Dispatcher } from '../../dispatch/service.ts';

export class KilledError extends Error {
  override readonly name = 'KilledError';

  constructor() {
    super('this process is no more');
  }
}

/**
 * Ends a piece of the hub at one step, as SIGKILL would: `before` it is done, or `after` it is done and before anybody hears of it. From then on nothing
 * that it does has any effect. Steps are statements, by their text, and calls of dispatch, as `dispatch.METHOD`.
 */
export class Fuse {
  readonly #step: RegExp;
  readonly #when: 'before' | 'after';
  readonly #burnt = Promise.withResolvers<void>();
  isBurnt = false;

  constructor(step: RegExp, when: 'before' | 'after') {
    this.#step = step;
    this.#when = when;
  }

  get burnt(): Promise<void> {
    return this.#burnt.promise;
  }

  async pass<T>(step: string, work: () => Promise<T>): Promise<T> {
    const isIt = this.#step.test(step);
    if (isIt && this.#when === 'before') this.#burn();
    if (this.isBurnt) throw new KilledError();
    const done = await work();
    if (isIt) this.#burn();
    if (this.isBurnt) throw new KilledError();
    return done;
  }

  #burn(): void {
    this.isBurnt = true;
    this.#burnt.resolve();
  }
}

export interface Mortal extends AsyncDisposable {
  /** What of the context may be killed. */
  readonly context: HubContext;
}

/** The context with a database and a dispatcher that go through the fuse. */
export function mortal(context: HubContext, fuse: Fuse): Mortal {
  const database = openDatabase(context.database.url, pino({ level: 'silent' }));
  database.pool.on('connect', (client) => fuseClient(client, fuse));
  const dispatch = fuseDispatch(context.dispatch, fuse);
  return {
    context: { ...context, database, dispatch },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

type Query = (...given: unknown[]) => unknown;
type Callback = (error: Error | null, result?: unknown) => void;

/** With a callback, as pools call it, or a promise. */
function fuseClient(client: pg.PoolClient, fuse: Fuse): void {
  const query = client.query.bind(client) as Query;
  const fused: Query = (config, ...rest) => {
    const text = typeof config === 'string' ? config : ((config as { text?: string }).text ?? '');
    const callback = rest.at(-1);
    const given = typeof callback === 'function' ? rest.slice(0, -1) : rest;
    const done = fuse.pass(text, async () => query(config, ...given));
    if (typeof callback !== 'function') return done;
    done.then((result) => (callback as Callback)(null, result), callback as Callback);
    return undefined;
  };
  Object.assign(client, { query: fused });
}

function fuseDispatch(dispatch: Dispatcher, fuse: Fuse): Dispatcher {
  return new Proxy(dispatch, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as (...given: unknown[]) => unknown;
      // What is answered at once is bookkeeping in memory.
      return (...given: unknown[]) =>
        ASYNCHRONOUS.has(String(name))
          ? fuse.pass(`dispatch.${String(name)}`, async () => method(...given))
          : method(...given);
    },
  });
}

const ASYNCHRONOUS = new Set([
  'appendLogs',
  'end',
  'extend',
  'progress',
  'queueGuest',
  'report',
  'stopGuests',
  'waitingReasons',
] satisfies (keyof Dispatcher)[] as string[]);
