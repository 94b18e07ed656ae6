import type { Site } from '#lib/api/types.ts';
import type { Shown } from '#lib/features/submissions/status.ts';
import { formatUtc } from '#lib/time/format.ts';

/** A paused site takes no runs, whether its nodes are there or not: say that first. */
export function showSite(site: Pick<Site, 'paused' | 'online' | 'nodes'>): Shown {
  if (site.paused) return { label: 'Paused', tone: 'waiting' };
  if (site.online) return { label: 'Online', tone: 'good' };
  return site.nodes.length === 0
    ? { label: 'No node yet', tone: 'neutral' }
    : { label: 'Offline', tone: 'bad' };
}

/** Why runs wait at a site, for people; null when none waits. */
export function whyRunsWait(site: Pick<Site, 'paused' | 'online' | 'nodes' | 'waiting'>): string | null {
  if (site.waiting === 0) return null;
  if (site.paused) return 'the site is paused';
  if (site.nodes.length === 0) return 'no node has enrolled';
  if (!site.online) return `no node is connected${since(site.nodes.map((node) => node.lastSeenAt))}`;
  const free = site.nodes.some((node) => node.online && node.busy < node.slots);
  return free ? 'about to be handed out' : 'all nodes are busy';
}

function since(seen: (string | null)[]): string {
  const latest = seen
    .filter((at) => at !== null)
    .toSorted()
    .at(-1);
  return latest === undefined ? '' : ` since ${formatUtc(latest)}`;
}
