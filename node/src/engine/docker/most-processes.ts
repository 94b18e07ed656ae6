import { readFile } from 'node:fs/promises';

/**
 * The most processes that one user can have on this machine, or null when that is unknown. Podman allows each container a million of them unless it is
 * told a number, which fails on machines where root may not raise its own limits. The node and Podman share a machine, and so these bounds: Podman lowers
 * its own to the number of process ids.
 */
export async function mostProcesses(): Promise<number | null> {
  const [limits, pidMax] = await Promise.all(
    ['/proc/self/limits', '/proc/sys/kernel/pid_max'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  return leastOf(limits ?? '', pidMax ?? '');
}

export function leastOf(limits: string, pidMax: string): number | null {
  const [, hard] = /^Max processes +\S+ +(\d+)/m.exec(limits) ?? [];
  const bounds = [hard, pidMax.trim()].filter((bound) => bound !== undefined && bound !== '').map(Number);
  return bounds.length === 0 ? null : Math.min(...bounds);
}
