import { statfs } from 'node:fs/promises';
import type { Logger } from '../logging/logger.ts';

/** Outcomes that the hub has not acknowledged: with so many waiting something is wrong, and more work does not help. */
const MAX_UNSETTLED = 4096;
const DISK_CHECK_MS = 5_000;

/** The part of a session that the intake uses. */
export interface CreditAccount {
  readonly credits: number;
  grant(runs: number): void;
}

export interface IntakeOptions {
  readonly slots: number;
  readonly folder: string;
  /** Below so many free bytes nothing new is taken. */
  readonly minFreeBytes: number;
  /** Whether the people of the site want it to take runs. */
  takesRuns(): boolean;
  /** Runs that take up a slot, and outcomes that wait. */
  load(): { readonly occupied: number; readonly unsettled: number };
  account(): CreditAccount | null;
  readonly logger: Logger;
}

/**
 * Asks for work when there is room for it: a free slot, room on the disk, and not too many outcomes that wait. Credits on a stream cannot
 * be taken back, so what is granted already counts as taken.
 */
export class Intake implements Disposable {
  readonly #options: IntakeOptions;
  readonly #timer: NodeJS.Timeout;
  #isOpen = true;
  #hasDisk = true;
  #asking = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#checkDisk(), DISK_CHECK_MS);
    this.#timer.unref();
    this.#checkDisk();
  }

  /** Something changed: asks for as much as there is room for. What changes in one turn of the event loop is asked for together. */
  ask(): void {
    if (this.#asking) return;
    this.#asking = true;
    queueMicrotask(() => {
      this.#asking = false;
      const account = this.#options.account();
      if (!account) return;
      const more = this.#room() - account.credits;
      // A node with many slots asks for many runs at once, long before it runs out of them.
      if (account.credits === 0 || more >= this.#options.slots / 4) account.grant(more);
    });
  }

  /** Takes no more runs. Final. */
  close(): void {
    this.#isOpen = false;
  }

  [Symbol.dispose](): void {
    this.close();
    clearInterval(this.#timer);
  }

  #room(): number {
    const { occupied, unsettled } = this.#options.load();
    if (!this.#isOpen || !this.#options.takesRuns() || !this.#hasDisk || unsettled >= MAX_UNSETTLED) return 0;
    return Math.max(0, this.#options.slots - occupied);
  }

  #checkDisk(): void {
    const { folder, minFreeBytes, logger } = this.#options;
    statfs(folder)
      .then(({ bavail, bsize }) => {
        const hasDisk = bavail * bsize >= minFreeBytes;
        if (hasDisk === this.#hasDisk) return;
        this.#hasDisk = hasDisk;
        logger.warn(
          { folder, minFreeBytes },
          hasDisk ? 'room on the disk again' : 'too little room on the disk',
        );
        this.ask();
      })
      .catch((error: unknown) => logger.warn({ err: error, folder }, 'free disk space cannot be read'));
  }
}
