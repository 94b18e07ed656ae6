import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './atomic-file.ts';
import type { Home } from './home.ts';

/** How names end that files have while they are written, and nobody else gives. */
const UNFINISHED = /\.[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** A command may just be writing one; none takes so long. */
const OLD_MS = 3_600_000;

/** Removes what processes that were killed had begun to write: it may be half of a secret. */
export async function removeLeftovers(home: Home, now = Date.now()): Promise<void> {
  const folders = [home.root, home.manifests, home.ledger, join(home.ledger, 'inbox')];
  for (const folder of [...folders, home.console, join(home.console, 'entrances')]) {
    for (const name of await namesIn(folder)) {
      const path = join(folder, name);
      if (UNFINISHED.test(name) && now - (await changedAt(path)) > OLD_MS) await rm(path, { force: true });
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function changedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return Number.POSITIVE_INFINITY;
    throw error;
  }
}
