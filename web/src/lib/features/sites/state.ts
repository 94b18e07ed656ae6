import type { Site } from '#lib/api/types.ts';
import type { Shown } from '#lib/features/submissions/status.ts';

/** A paused site takes no runs, whether its nodes are there or not: say that first. */
export function showSite(site: Pick<Site, 'paused' | 'online' | 'nodes'>): Shown {
  if (site.paused) return { label: 'Paused', tone: 'waiting' };
  if (site.online) return { label: 'Online', tone: 'good' };
  return site.nodes.length === 0
    ? { label: 'No node yet', tone: 'neutral' }
    : { label: 'Offline', tone: 'bad' };
}
