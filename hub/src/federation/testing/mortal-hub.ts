import pg from 'pg';
import { createAnotherProcess, type FederatedHub } from './federated-hub.ts';

/** Where in a stretch of work something ends: at the so-manieth commit of a hub, or call between hubs, before it takes effect or right after. */
export interface Moment {
  readonly of: 'commits of home' | 'commits of the peer' | 'calls';
  readonly place: number;
  readonly when: 'before' | 'after';
}

type Query = (...args: unknown[]) => unknown;

const BEGINS = /^\s*begin\b/i;
const ENDS = /^\s*(commit|rollback)\b/i;
const WRITES = /\b(insert into|update|delete from)\b/i;

/** What a connection does in the transaction that it has open. */
interface Open {
  isOpen: boolean;
  hasWritten: boolean;
}

/**
 * A hub that dies as by `kill -9`, and starts again, within the test's process: from one moment on nothing of it reaches its database, whoever is connected to it is
 * cut off, and what it would have done next never happens. A new process of it begins with what is in the database and on the disk.
 */
export class MortalHub implements AsyncDisposable {
  readonly #first: FederatedHub;
  #now: FederatedHub;
  #lives = 1;
  #isDead = false;

  constructor(hub: FederatedHub) {
    this.#first = hub;
    this.#now = hub;
  }

  /** Its process as it runs now. */
  get now(): FederatedHub {
    return this.#now;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** As the database knows the connections of the process that runs. */
  get connections(): string {
    const { pathname } = new URL(this.#first.context.database.url);
    return `${pathname.slice(1)} ${this.#lives === 1 ? 'weir-hub' : `weir-hub-${this.#lives}`}`;
  }

  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    const { server } = this.#now.app;
    server.close();
    server.closeAllConnections();
    // Of one that is gone nothing follows anything.
    void this.#now.context.participation[Symbol.asyncDispose]();
  }

  async restart(): Promise<void> {
    await this[Symbol.asyncDispose]();
    this.#isDead = false;
    this.#lives += 1;
    const port = Number(new URL(this.#first.address).port);
    const databaseUser = `weir-hub-${this.#lives}`;
    this.#now = await createAnotherProcess(this.#first, { port, databaseUser });
  }

  /** Whoever made its first process disposes that. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Nobody waits for connections that are left open.
    this.kill();
    if (this.#now !== this.#first) await this.#now[Symbol.asyncDispose]();
  }
}

/** Ends hubs and calls at moments of their work. One at a time: it stands between this process and all its databases. */
export class Fate implements Disposable {
  readonly #home: MortalHub;
  readonly #peer: MortalHub;
  readonly #tables: RegExp;
  readonly #query = pg.Client.prototype.query as Query;
  readonly #fetch = globalThis.fetch;
  readonly #graves = new Set<string>();
  readonly #open = new WeakMap<pg.Client, Open>();
  #moment: Moment | null = null;
  #isCut = false;
  #counts = noCounts();
  #isCounting = false;
  /** Of whoever is about to die. */
  #death: Promise<void> = Promise.resolve();

  /** @param tables commits to others are not counted */
  constructor(home: MortalHub, peer: MortalHub, tables: readonly string[]) {
    this.#home = home;
    this.#peer = peer;
    this.#tables = new RegExp(`"?\\b(${tables.join('|')})\\b"?`);
    const fate = this;
    pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
      return fate.#carryOut(this, args);
    } as typeof pg.Client.prototype.query;
    globalThis.fetch = (...args) => this.#call(...args);
  }

  [Symbol.dispose](): void {
    pg.Client.prototype.query = this.#query as typeof pg.Client.prototype.query;
    globalThis.fetch = this.#fetch;
  }

  /** Does the work, whatever comes of it, and ends it at that moment. @returns how much there was to count */
  async during(work: () => Promise<unknown>, moment: Moment | null): Promise<Record<Moment['of'], number>> {
    this.#moment = moment;
    this.#counts = noCounts();
    this.#isCounting = true;
    try {
      await work();
    } catch (error) {
      if (!moment) throw error;
    } finally {
      this.#isCounting = false;
      // What began in the background is over too.
      await this.#death;
    }
    return this.#counts;
  }

  /** Hubs run again, and the wire between them is whole. */
  async mend(): Promise<void> {
    this.#moment = null;
    this.#isCut = false;
    for (const hub of [this.#home, this.#peer]) if (hub.isDead) await hub.restart();
  }

  #carryOut(client: pg.Client, args: unknown[]): unknown {
    const name = `${client.database} ${applicationOf(client)}`;
    if (this.#graves.has(name)) return refuse(args);
    const hub = [this.#home, this.#peer].find(({ connections }) => connections === name);
    const proceed = (given: unknown[]) => this.#query.apply(client, given);
    if (!hub || !this.#commits(client, textOf(args[0]))) return proceed(args);
    const of = hub === this.#home ? 'commits of home' : 'commits of the peer';
    const when = this.#comesTo(of);
    if (when === null) return proceed(args);
    const die = () => {
      this.#graves.add(name);
      hub.kill();
    };
    if (when === 'before') {
      die();
      return refuse(args);
    }
    const { promise: dead, resolve } = Promise.withResolvers<void>();
    this.#death = dead;
    const dieAfter = () => {
      die();
      resolve();
    };
    const last = args.at(-1);
    if (typeof last === 'function') {
      const answer = (error: unknown) => {
        dieAfter();
        (last as (error: unknown) => void)(error ?? gone());
      };
      return proceed([...args.slice(0, -1), answer]);
    }
    return (proceed(args) as Promise<unknown>).finally(() => {
      dieAfter();
      throw gone();
    });
  }

  /** Whether something of the tables is there for good once this is carried out. */
  #commits(client: pg.Client, text: string): boolean {
    const open = this.#open.get(client) ?? { isOpen: false, hasWritten: false };
    this.#open.set(client, open);
    if (BEGINS.test(text)) Object.assign(open, { isOpen: true, hasWritten: false });
    const isWrite = WRITES.test(text) && this.#tables.test(text);
    open.hasWritten ||= isWrite;
    if (!ENDS.test(text)) return isWrite && !open.isOpen;
    const commits = open.isOpen && open.hasWritten && /commit/i.test(text);
    Object.assign(open, { isOpen: false, hasWritten: false });
    return commits;
  }

  #comesTo(of: Moment['of']): Moment['when'] | null {
    if (!this.#isCounting) return null;
    this.#counts[of] += 1;
    const moment = this.#moment;
    return moment?.of === of && moment.place === this.#counts[of] ? moment.when : null;
  }

  async #call(...args: Parameters<typeof fetch>): Promise<Response> {
    const isBetween = String(args[0]).startsWith(`${this.#peer.now.address}/federation/`);
    if (!isBetween) return this.#fetch(...args);
    if (this.#isCut || this.#home.isDead) throw gone();
    // It waits there by itself, at any moment.
    const when = String(args[0]).includes('participation.changes') ? null : this.#comesTo('calls');
    if (when === null) return this.#fetch(...args);
    this.#isCut = true;
    if (when === 'after') await (await this.#fetch(...args)).arrayBuffer();
    throw gone();
  }
}

const noCounts = (): Record<Moment['of'], number> => ({
  'commits of home': 0,
  'commits of the peer': 0,
  calls: 0,
});

function gone(): Error {
  return new TypeError('killed by the test');
}

function refuse(args: unknown[]): unknown {
  const last = args.at(-1);
  if (typeof last !== 'function') return Promise.reject(gone());
  queueMicrotask(() => (last as (error: unknown) => void)(gone()));
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  return query instanceof Object && 'text' in query ? String(query.text) : '';
}

function applicationOf(client: pg.Client): string {
  const { connectionParameters } = client as unknown as {
    connectionParameters: { application_name?: string };
  };
  return connectionParameters.application_name ?? '';
}
