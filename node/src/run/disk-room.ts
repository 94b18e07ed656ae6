import type { Limits } from '@weir/proto/node/v1';
import { diskUse, freeBytes } from '../contract/disk-watch.ts';
import type { Home } from '../home/home.ts';

/** Predictions are still there while the scoring program writes. */
const STEPS = 2;

/** What a run may have on disk at most, besides the archives that the hub gave it: each step may write as much as its limit says. */
export function mostDiskBytes(limits: Pick<Limits, 'diskBytes'> | undefined): number {
  return STEPS * Number(limits?.diskBytes ?? 0n);
}

/** How many runs are at work at once when each may write so much in a step. */
export function runsThatFit(room: number, diskBytes: number): number {
  return Math.max(1, Math.floor(room / (STEPS * diskBytes)));
}

/**
 * Bytes of the home's disk that runs may have together: what is free, and what runs and the cache of an earlier life take up already, without
 * what the cache may grow to and what is kept free. Measured once, when the node starts: what programs write later must not change what the
 * hub is asked for.
 */
export async function measureRoom(
  { root, runs, cache }: Pick<Home, 'root' | 'runs' | 'cache'>,
  { cacheBytes, minFreeBytes }: { readonly cacheBytes: number; readonly minFreeBytes: number },
): Promise<number> {
  const own = await diskUse([runs, cache], 'live');
  return Math.max(0, (await freeBytes(root)) + own - cacheBytes - minFreeBytes);
}
