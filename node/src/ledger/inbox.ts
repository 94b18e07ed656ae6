import { randomUUID } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, writeAtomically } from '../home/atomic-file.ts';
import { HomeLockedError } from '../home/errors.ts';
import { type Home, makeHome } from '../home/home.ts';
import { lockHome } from '../home/lock.ts';
import { createLogger, type Logger } from '../logging/logger.ts';
import { type LedgerEvent, ledgerEventSchema } from './events.ts';
import type { FileLedger } from './ledger.ts';
import { openLedgerOf } from './of-home.ts';

const LOOK_MS = 2_000;
const isEventFile = (name: string) => /^[0-9a-z-]+\.json$/.test(name);

/**
 * Records what a command did. Only one process appends to a ledger: the node, if one runs in this home, finds the event in its inbox and takes
 * it from there; otherwise the command appends it itself. Resolves once the event is on disk in either place, and is then recorded exactly once.
 */
export async function recordFromCommand(home: Home, event: LedgerEvent): Promise<void> {
  await makeHome(home);
  await dropEvent(home.ledger, event);
  await takeInDropped(home);
}

/** Brings into the ledger what commands have dropped, unless a node is at work in this home and does it. */
export async function takeInDropped(home: Home): Promise<void> {
  try {
    await using _lock = await lockHome(home.lock);
    const logger = createLogger('silent');
    await using ledger = (await openLedgerOf(home, logger)).ledger;
    await using inbox = new LedgerInbox(ledger, logger);
    await inbox.takeIn();
  } catch (error) {
    if (!(error instanceof HomeLockedError)) throw error;
  }
}

/** Leaves an event for the process that appends. */
export async function dropEvent(folder: string, event: LedgerEvent): Promise<void> {
  const inbox = inboxOf(folder);
  await mkdir(inbox, { recursive: true });
  const name = `${String(Date.now()).padStart(15, '0')}-${randomUUID()}.json`;
  await writeAtomically(join(inbox, name), JSON.stringify(event));
}

/**
 * Takes the events of commands into the ledger, in the order in which they were left. A file is removed once its event is on disk; the entry
 * names the file, so that one whose removal a crash prevented is not taken in again.
 */
export class LedgerInbox implements AsyncDisposable {
  readonly #ledger: Pick<FileLedger, 'append' | 'folder' | 'taken'>;
  readonly #logger: Logger;
  readonly #taken: Set<string>;
  #watcher: FSWatcher | null = null;
  #looking: NodeJS.Timeout | null = null;
  #taking: Promise<void> = Promise.resolve();

  constructor(ledger: Pick<FileLedger, 'append' | 'folder' | 'taken'>, logger: Logger) {
    this.#ledger = ledger;
    this.#logger = logger;
    this.#taken = new Set(ledger.taken);
  }

  /** Takes in what is there, and from now on whatever comes. */
  async follow(): Promise<void> {
    const inbox = inboxOf(this.#ledger.folder);
    await mkdir(inbox, { recursive: true });
    await this.takeIn();
    const look = () =>
      void this.takeIn().catch((error: unknown) =>
        this.#logger.error({ err: error, path: inbox }, 'the inbox of the ledger could not be read'),
      );
    // Not every file system tells; a look now and then costs little.
    this.#looking = setInterval(look, LOOK_MS).unref();
    this.#watcher = watch(inbox, { persistent: false }, look);
    this.#watcher.on('error', () => this.#watcher?.close());
  }

  /** Resolves once everything that was there is in the ledger. */
  takeIn(): Promise<void> {
    const taken = this.#taking.then(() => this.#takeAll());
    this.#taking = taken.catch(() => {});
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watcher?.close();
    if (this.#looking) clearInterval(this.#looking);
    await this.#taking;
  }

  async #takeAll(): Promise<void> {
    const inbox = inboxOf(this.#ledger.folder);
    const names = (await readFolder(inbox)).filter(isEventFile).sort();
    for (const name of names) {
      const path = join(inbox, name);
      if (!this.#taken.has(name)) {
        const event = await this.#readEvent(path);
        if (event === null) continue;
        await this.#ledger.append(event, name);
        this.#taken.add(name);
      }
      await rm(path, { force: true });
    }
  }

  /** A file that is no event stays where it is: nothing that should have been recorded disappears. */
  async #readEvent(path: string): Promise<LedgerEvent | null> {
    const text = await readFile(path, 'utf8');
    try {
      return ledgerEventSchema.parse(JSON.parse(text));
    } catch (error) {
      this.#logger.error({ err: error, path }, 'this file in the inbox of the ledger is no event');
      return null;
    }
  }
}

function inboxOf(folder: string): string {
  return join(folder, 'inbox');
}

async function readFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
