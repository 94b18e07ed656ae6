import { setTimeout as wait } from 'node:timers/promises';
import { HomeLockedError } from './errors.ts';
import { lockHome } from './lock.ts';

const RETRY_MS = 50;
const PATIENCE_MS = 30_000;

/**
 * Does something that processes may only do one after the other, once it is this one's turn: reading a file, and putting another in its place.
 * For work that takes moments. @throws HomeLockedError when another does not end.
 */
export async function inTurn<Result>(lock: string, work: () => Promise<Result>): Promise<Result> {
  await using _turn = await takeTurn(lock);
  return await work();
}

async function takeTurn(lock: string): Promise<AsyncDisposable> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await lockHome(lock);
    } catch (error) {
      if (!(error instanceof HomeLockedError) || performance.now() > deadline) throw error;
      await wait(RETRY_MS);
    }
  }
}
