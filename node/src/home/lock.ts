import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hasCode, isMissing } from './atomic-file.ts';
import { HomeLockedError } from './errors.ts';

interface Owner {
  readonly pid: number;
  /** Tells a process from a later one that was given the same pid; empty where the system does not say. */
  readonly startedAt: string;
}

/**
 * Keeps a second process out of a home: two of them would run the same attempts and tear each other's journal.
 * A lock whose process is dead is taken over.
 */
export async function lockHome(path: string): Promise<AsyncDisposable> {
  const mine = `${path}.${randomUUID()}`;
  const self: Owner = { pid: process.pid, startedAt: startOf(process.pid) };
  await writeFile(mine, JSON.stringify(self), { mode: 0o600 });
  try {
    // `link` fails when the name is there, and what it makes is complete at once.
    while (!(await linkUnlessThere(mine, path))) await removeStaleLock(path);
  } finally {
    await rm(mine, { force: true });
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

async function linkUnlessThere(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function removeStaleLock(path: string): Promise<void> {
  const owner = await readOwner(path);
  if (owner === null) return;
  if (isAlive(owner)) throw new HomeLockedError(path, owner.pid);
  // Of two processes that find the same dead owner only one renames its lock; the other may catch the first one's fresh lock
  // instead, and puts it back.
  const aside = `${path}.stale.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  const moved = await readOwner(aside);
  if (moved !== null && isAlive(moved)) await linkUnlessThere(aside, path);
  await rm(aside, { force: true });
}

async function readOwner(path: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch (error) {
    if (isMissing(error)) return null;
    // Torn by a crash of the machine: whoever wrote it is gone.
    if (error instanceof SyntaxError) return { pid: 0, startedAt: '' };
    throw error;
  }
}

function isAlive(owner: Owner): boolean {
  if (owner.pid <= 0) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
  }
  return startOf(owner.pid) === owner.startedAt;
}

/** Field 22 of /proc/PID/stat, counted after the command's name, which may hold spaces. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
