import { sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Database } from '../../db/database.ts';
import { peerHealth, peerTraffic } from './schema.ts';

interface Counts {
  callsIn: number;
  refusedIn: number;
  bytesIn: number;
  callsOut: number;
  failedOut: number;
  bytesOut: number;
}

const WRITE_AFTER_MS = 3_000;

/** Counts calls each way. Written together a moment later: peers do not wait for one another's row. */
export class Traffic implements AsyncDisposable {
  readonly #database: Database;
  readonly #log: Logger;
  #counted = new Map<number, Counts>();
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(database: Database, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  callIn(peerId: number, bytes: number): void {
    this.#add(peerId, { callsIn: 1, bytesIn: bytes });
  }

  refusedIn(peerId: number): void {
    this.#add(peerId, { refusedIn: 1 });
  }

  callOut(peerId: number, bytes: number): void {
    this.#add(peerId, { callsOut: 1, bytesOut: bytes });
  }

  failedOut(peerId: number): void {
    this.#add(peerId, { failedOut: 1 });
  }

  /** Writes what has been counted so far. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
  }

  #add(peerId: number, more: Partial<Counts>): void {
    const counts = this.#counted.get(peerId) ?? none();
    for (const [name, count] of Object.entries(more)) counts[name as keyof Counts] += count;
    this.#counted.set(peerId, counts);
    this.#timer ??= setTimeout(() => void this.flush(), WRITE_AFTER_MS).unref();
  }

  async #write(): Promise<void> {
    const counted = this.#counted;
    if (counted.size === 0) return;
    this.#counted = new Map();
    const rows = [...counted].map(([peerId, counts]) => ({
      peerId,
      day: new Date().toISOString().slice(0, 10),
      ...counts,
    }));
    const { queries } = this.#database;
    try {
      await queries
        .insert(peerTraffic)
        .values(rows)
        .onConflictDoUpdate({
          target: [peerTraffic.peerId, peerTraffic.day],
          set: {
            callsIn: sql`${peerTraffic.callsIn} + excluded.calls_in`,
            refusedIn: sql`${peerTraffic.refusedIn} + excluded.refused_in`,
            bytesIn: sql`${peerTraffic.bytesIn} + excluded.bytes_in`,
            callsOut: sql`${peerTraffic.callsOut} + excluded.calls_out`,
            failedOut: sql`${peerTraffic.failedOut} + excluded.failed_out`,
            bytesOut: sql`${peerTraffic.bytesOut} + excluded.bytes_out`,
          },
        });
      const callers = rows.filter(({ callsIn }) => callsIn > 0);
      if (callers.length > 0)
        await queries
          .insert(peerHealth)
          .values(callers.map(({ peerId }) => ({ peerId, lastCallAt: sql`now()` })))
          .onConflictDoUpdate({ target: peerHealth.peerId, set: { lastCallAt: sql`now()` } });
    } catch (error) {
      this.#log.warn({ err: error }, 'calls of peers could not be counted');
    }
  }
}

function none(): Counts {
  return { callsIn: 0, refusedIn: 0, bytesIn: 0, callsOut: 0, failedOut: 0, bytesOut: 0 };
}
