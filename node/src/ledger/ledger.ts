import { mkdir } from 'node:fs/promises';
import type { Logger } from '../logging/logger.ts';
import type { ReceiptKey } from '../receipts/key.ts';
import { AppendFile, onceThereIsRoom } from './append-file.ts';
import type { Head } from './chain.ts';
import { checkLedger } from './check.ts';
import { BEGINNING, encodeEntry, type LedgerEntry } from './entry.ts';
import { LedgerFailedError, LedgerTamperedError } from './errors.ts';
import { type LedgerEvent, ledgerEventSchema } from './events.ts';
import { signHead, writeHead } from './head.ts';
import { type EntryFilter, readEntries } from './read.ts';
import { segmentAt } from './segments.ts';
import type { Succession } from './successions.ts';

export type { EntryFilter } from './read.ts';
export type { LedgerEntry, LedgerEvent };

/** A new file is begun above this. */
const SEGMENT_BYTES = 16 * 1024 * 1024;
/** Entries whose loss at the end nobody could prove: at most so many, and none that is older than this. */
const UNSIGNED_ENTRIES = 64;
const UNSIGNED_MS = 1_000;

/**
 * The site's own record of everything that was asked, decided, let out and refused. Only the process that holds the home's lock opens it.
 *
 * What is appended is on disk, and linked to all that came before, once the promise resolves; whoever lets something out appends the release
 * first and waits for it. Entries come out in the order in which `append` was called. Many that wait at the same moment share one write.
 */
export interface Ledger extends AsyncDisposable {
  /** Resolves once on disk. Rejects with LedgerFailedError when it cannot be, and from then on always: the process has to end. */
  append(event: LedgerEvent): Promise<LedgerEntry>;
  /** Entries that are on disk as this is called, oldest first. */
  entries(filter?: EntryFilter): AsyncIterable<LedgerEntry>;
  /** The last entry that is on disk. */
  readonly head: Head;
}

interface Waiting {
  readonly line: string;
  readonly entry: LedgerEntry;
  readonly done: PromiseWithResolvers<LedgerEntry>;
}

export interface LedgerOptions {
  /** Signs the head; without it (tests) nobody could tell that the end was cut off. */
  readonly key?: ReceiptKey;
  readonly segmentBytes?: number;
}

export const Ledger = {
  /** @throws LedgerTamperedError when it is not what was written. What a crash left of a last entry is cut off. */
  open: (folder: string, logger: Logger, options: LedgerOptions = {}): Promise<FileLedger> =>
    FileLedger.open(folder, logger, options),
};

/**
 * Group commit like the spool's journal: one write that goes through to the disk covers everything that was waiting as it began; whatever
 * comes meanwhile waits for the next. The signed head follows behind: it never names an entry that is not on disk.
 */
export class FileLedger implements Ledger {
  readonly folder: string;
  readonly #logger: Logger;
  readonly #options: LedgerOptions;
  #file: AppendFile;
  /** The last entry on disk. */
  #head: Head;
  /** The last entry that was given a place. */
  #tail: Head;
  #signed: number;
  #signLater: NodeJS.Timeout | null = null;
  #isSigningDue = false;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #failure: LedgerFailedError | null = null;
  #closed = false;
  /** Files of the inbox that were in the ledger as it was opened. */
  readonly taken: ReadonlySet<string>;
  /** How the node had come to its key as the ledger was opened. */
  readonly successions: readonly Succession[];

  private constructor(
    folder: string,
    file: AppendFile,
    { head, taken, successions }: Pick<FileLedger, 'head' | 'taken' | 'successions'>,
    logger: Logger,
    options: LedgerOptions,
  ) {
    this.folder = folder;
    this.taken = taken;
    this.successions = successions;
    this.#file = file;
    this.#head = head;
    this.#tail = head;
    this.#signed = head.sequence;
    this.#logger = logger;
    this.#options = options;
  }

  static async open(folder: string, logger: Logger, options: LedgerOptions): Promise<FileLedger> {
    await mkdir(folder, { recursive: true });
    const taken = new Set<string>();
    const checked = await checkLedger(folder, options.key ? [options.key.publicKey] : null, ({ inbox }) => {
      if (inbox !== undefined) taken.add(inbox);
    });
    const problems = options.key ? checked.problems : checked.problems.filter(({ kind }) => kind !== 'head');
    if (problems[0]) throw new LedgerTamperedError(folder, problems[0]);
    const { head, last } = checked;
    if (last?.tornBytes) {
      logger.warn({ path: last.segment.path, bytes: last.tornBytes }, 'the last entry was torn; cut off');
    }
    // The head of an empty ledger comes before its first file: from the first entry on, a missing head is a removed one.
    if (options.key) await writeHead(folder, signHead(head, new Date().toISOString(), options.key));
    const segment = last?.segment ?? segmentAt(folder, 1);
    const file = await AppendFile.open(segment.path, last?.bytes ?? 0, logger);
    return new FileLedger(
      folder,
      file,
      { head, taken, successions: checked.keys.successions },
      logger,
      options,
    );
  }

  get head(): Head {
    return this.#head;
  }

  append(event: LedgerEvent, inbox?: string): Promise<LedgerEntry> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#closed)
      return Promise.reject(new LedgerFailedError(this.folder, new Error('the ledger is closed')));
    const checked = ledgerEventSchema.safeParse(event);
    if (!checked.success) return Promise.reject(checked.error);
    const place = {
      sequence: this.#tail.sequence + 1,
      at: new Date().toISOString(),
      previous: this.#tail.hash || BEGINNING,
      event: checked.data,
      ...(inbox !== undefined && { inbox }),
    };
    const { line, hash } = encodeEntry(place);
    const entry: LedgerEntry = { ...place, hash };
    this.#tail = { sequence: entry.sequence, hash };
    const done = Promise.withResolvers<LedgerEntry>();
    this.#waiting.push({ line, entry, done });
    this.#start();
    return done.promise;
  }

  entries(filter: EntryFilter = {}): AsyncIterable<LedgerEntry> {
    return readEntries(this.folder, { ...filter, to: Math.min(filter.to ?? Infinity, this.#head.sequence) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    if (this.#signLater) clearTimeout(this.#signLater);
    await this.#writing;
    if (!this.#failure) await this.#sign();
    await this.#file[Symbol.asyncDispose]();
  }

  #start(): void {
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    // What this turn of the event loop still brings shares the first write.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (!this.#failure && (this.#waiting.length > 0 || this.#isSigningDue)) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#commit(batch).catch((error: unknown) => this.#fail(error, batch));
    }
    this.#writing = null;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const last = batch.at(-1)?.entry;
    if (last) {
      await this.#rotate(batch[0]!.entry.sequence);
      await this.#file.append(Buffer.from(batch.map(({ line }) => line).join('')));
      this.#head = { sequence: last.sequence, hash: last.hash };
      for (const { entry, done } of batch) done.resolve(entry);
    }
    if (this.#isSigningDue || this.#head.sequence - this.#signed >= UNSIGNED_ENTRIES) await this.#sign();
    else this.#signSoon();
  }

  async #rotate(next: number): Promise<void> {
    if (this.#file.size < (this.#options.segmentBytes ?? SEGMENT_BYTES)) return;
    const full = this.#file;
    this.#file = await AppendFile.open(segmentAt(this.folder, next).path, 0, this.#logger);
    await full[Symbol.asyncDispose]();
  }

  #signSoon(): void {
    if (this.#signLater || this.#closed) return;
    this.#signLater = setTimeout(() => {
      this.#signLater = null;
      this.#isSigningDue = true;
      this.#start();
    }, UNSIGNED_MS).unref();
  }

  async #sign(): Promise<void> {
    this.#isSigningDue = false;
    const { key } = this.#options;
    if (!key || this.#signed === this.#head.sequence) return;
    const head = this.#head;
    const signed = signHead(head, new Date().toISOString(), key);
    await onceThereIsRoom(this.folder, this.#logger, () => writeHead(this.folder, signed));
    this.#signed = head.sequence;
  }

  #fail(cause: unknown, batch: readonly Waiting[]): void {
    this.#failure = new LedgerFailedError(this.folder, cause);
    this.#logger.fatal({ err: cause, path: this.folder }, 'the ledger cannot be written');
    for (const { done } of [...batch, ...this.#waiting]) done.reject(this.#failure);
    this.#waiting = [];
  }
}
