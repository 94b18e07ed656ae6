import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Account } from './account.ts';

/** A place that every account can reach, for what lies where the `postgres` user cannot go. */
const SYSTEM_PLACE = '/var/lib/weir';

/** Whether the account may pass through every folder above `path`: /root and private temporary folders let nobody else in. */
export function canReach(path: string, { uid, gid }: Account): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (existsSync(folder)) {
      const { mode, uid: owner, gid: group } = statSync(folder);
      const mayEnter = owner === uid ? mode & 0o100 : group === gid ? mode & 0o010 : mode & 0o001;
      if (!mayEnter) return false;
    }
    if (folder === dirname(folder)) return true;
  }
}

/** `path` itself where the account can reach it, else a place of its own under /var/lib/weir, always the same for the same path. */
export function reachablePath(path: string, account: Account | null): string {
  if (!account || canReach(path, account)) return path;
  mkdirSync(SYSTEM_PLACE, { recursive: true, mode: 0o755 });
  return join(SYSTEM_PLACE, createHash('sha256').update(path).digest('hex').slice(0, 16));
}
