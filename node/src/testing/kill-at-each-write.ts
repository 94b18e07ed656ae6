import { AsyncLocalStorage } from 'node:async_hooks';
import { constants } from 'node:fs';
import promises, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { temporaryFolder } from './temporary-folder.ts';

/** One life of a process, as far as the disk can tell: after its last write there is none any more, whatever its code goes on to do. */
interface Life {
  writesLeft: number;
  /** The last write is torn in the middle. */
  readonly tears: boolean;
  isDead: boolean;
  hasTorn: boolean;
  readonly death: PromiseWithResolvers<void>;
  /** All that it opened: of what is closed already nothing happens. */
  readonly files: Set<FileHandle>;
}

const GRACE_MS = 20;

class KilledError extends Error {
  override readonly name = 'KilledError';
}

type Call = (this: unknown, ...values: unknown[]) => Promise<unknown>;

/** Calls that change a disk, of the module and of an open file. Those that pass bytes can be torn. */
const CHANGES = ['rename', 'rm', 'unlink', 'link', 'mkdir', 'chmod', 'copyFile', 'truncate'] as const;
const FILE_CHANGES = ['truncate'] as const;
const FILE_WRITES = ['write', 'writeFile'] as const;

const lives = new AsyncLocalStorage<Life>();
let isPatched = false;

/**
 * Does some work again and again, each time in a folder of its own, and each time the disk hears nothing of it after one write more: as after
 * `kill -9` before the first write, in the middle of it, before the second, and so on until the work gets through. What `after` finds is what the
 * next process finds. Gives how many writes the work has.
 */
export async function killAtEachWrite(steps: {
  before?(folder: string): Promise<void>;
  work(folder: string): Promise<unknown>;
  /** @param isThrough the work had got through. */
  after(folder: string, isThrough: boolean): Promise<void>;
}): Promise<number> {
  await patch();
  for (let writes = 0; ; writes += 1) {
    for (const tears of [false, true]) {
      await using folder = await temporaryFolder();
      await steps.before?.(folder.path);
      const death = Promise.withResolvers<void>();
      const life: Life = {
        writesLeft: writes,
        tears,
        isDead: false,
        hasTorn: false,
        death,
        files: new Set(),
      };
      const work = lives.run(life, () => steps.work(folder.path));
      try {
        // Nobody waits for a dead process; it is only given a moment to let go of its files.
        await Promise.race([work, life.death.promise.then(() => setTimeout(GRACE_MS))]);
      } catch (error) {
        if (!life.isDead) throw error;
      }
      for (const file of life.files) await file.close().catch(() => {});
      if (tears && life.isDead && !life.hasTorn) continue;
      // The owner of these is dead; it only happens to have the pid of the test.
      for (const lock of ['lock', 'datasets.json.lock']) {
        await promises.rm(join(folder.path, lock), { force: true });
      }
      await steps.after(folder.path, !life.isDead);
      if (!life.isDead) return writes;
    }
  }
}

async function patch(): Promise<void> {
  if (isPatched) return;
  isPatched = true;
  await using file = await promises.open('/dev/null', 'r');
  const prototype: object = Object.getPrototypeOf(file);
  for (const name of CHANGES) replace(promises, name, false);
  for (const name of FILE_CHANGES) replace(prototype, name, false);
  for (const name of FILE_WRITES) replace(prototype, name, true);
  replaceWholeWrite();
  replaceOpen();
  syncBuiltinESMExports();
}

function replace(owner: object, name: string, isWrite: boolean): void {
  const call = Reflect.get(owner, name) as Call;
  const replacement: Call = async function (...values) {
    const how = outcome(isWrite);
    if (how === 'torn') await call.apply(this, tornValues(values));
    if (how !== 'done') throw new KilledError();
    return call.apply(this, values);
  };
  Reflect.set(owner, name, replacement);
}

/** `writeFile(path, bytes)` makes the file first. */
function replaceWholeWrite(): void {
  const call = promises.writeFile as Call;
  const replacement: Call = async (path, bytes, ...options) => {
    const how = outcome(true);
    if (how === 'torn') await call(path, half(bytes), ...options);
    if (how !== 'done') throw new KilledError();
    return call(path, bytes, ...options);
  };
  Reflect.set(promises, 'writeFile', replacement);
}

function replaceOpen(): void {
  const call = promises.open;
  const replacement = async (...values: Parameters<typeof call>): Promise<FileHandle> => {
    const [, flags = 'r'] = values;
    const changes = typeof flags === 'number' ? (flags & constants.O_CREAT) !== 0 : flags !== 'r';
    if (changes && outcome(false) !== 'done') throw new KilledError();
    const file = await call(...values);
    lives.getStore()?.files.add(file);
    return file;
  };
  Reflect.set(promises, 'open', replacement);
}

function outcome(isWrite: boolean): 'done' | 'torn' | 'dead' {
  const life = lives.getStore();
  if (!life) return 'done';
  if (life.isDead) return 'dead';
  if (life.writesLeft > 0) {
    life.writesLeft -= 1;
    return 'done';
  }
  life.isDead = true;
  life.death.resolve();
  life.hasTorn = isWrite && life.tears;
  return life.hasTorn ? 'torn' : 'dead';
}

/** Of `write(bytes, offset, length, position)` and of `writeFile(content)`. */
function tornValues([content, offset, length, position]: unknown[]): unknown[] {
  if (typeof length !== 'number') return [half(content)];
  return [content, offset, Math.floor(length / 2), position];
}

function half(content: unknown): Uint8Array {
  const bytes = typeof content === 'string' ? Buffer.from(content) : (content as Uint8Array);
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}
