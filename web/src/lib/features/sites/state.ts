import type { Site, StewardedNode } from '#lib/api/types.ts';
import type { Shown } from '#lib/features/submissions/status.ts';
import { formatUtc } from '#lib/time/format.ts';

/** A paused site takes no runs, whether its nodes are there or not: say that first. */
export function showSite(site: Pick<Site, 'paused' | 'online' | 'nodes' | 'hub'>): Shown {
  if (site.paused) return { label: 'Paused', tone: 'waiting' };
  if (site.online) return { label: 'Online', tone: 'good' };
  return site.nodes.length === 0 && site.hub === null
    ? { label: 'No node yet', tone: 'neutral' }
    : { label: 'Offline', tone: 'bad' };
}

/** Why runs wait at a site, for people; null when none waits. */
export function whyRunsWait(
  site: Pick<Site, 'paused' | 'online' | 'nodes' | 'waiting' | 'hub'>,
): string | null {
  if (site.waiting === 0) return null;
  if (site.paused) return 'the site is paused';
  if (site.hub !== null) return site.online ? 'about to be handed over' : `hub ${site.hub} does not answer`;
  if (site.nodes.length === 0) return 'no node has enrolled';
  if (!site.online) return `no node is connected${since(site.nodes.map((node) => node.lastSeenAt))}`;
  const free = site.nodes.some((node) => node.online && node.busy < node.slots);
  return free ? 'about to be handed out' : 'all nodes are busy';
}

/** How a node is, the worst first. Offline says all there is of one that is away. */
export function showNode(
  node: Pick<
    StewardedNode,
    'online' | 'paused' | 'draining' | 'drainRequestedAt' | 'revokedAt' | 'policyDigest'
  >,
): Shown[] {
  if (node.revokedAt !== null) return [{ label: 'Revoked', tone: 'bad' }];
  if (!node.online) return [{ label: 'Offline', tone: 'bad' }];
  const shown: Shown[] = [];
  if (node.policyDigest === '') shown.push({ label: 'No policy', tone: 'bad' });
  if (node.draining) shown.push({ label: 'Stopping', tone: 'waiting' });
  if (node.paused) shown.push({ label: 'Paused by the site', tone: 'waiting' });
  if (node.drainRequestedAt !== null) shown.push({ label: 'Drained from the hub', tone: 'waiting' });
  return shown.length > 0 ? shown : [{ label: 'Online', tone: 'good' }];
}

/** Nodes renew in the last third of a certificate's life; one that is far into it does not reach the hub. */
export function showCertificate(
  node: Pick<StewardedNode, 'revokedAt' | 'certificateIssuedAt' | 'certificateExpiresAt'>,
  now: number,
): Shown {
  const [from, to] = [Date.parse(node.certificateIssuedAt), Date.parse(node.certificateExpiresAt)];
  if (node.revokedAt !== null) return { label: 'Revoked', tone: 'bad' };
  if (to <= now) return { label: 'Ended: the node has to enrol again', tone: 'bad' };
  if (to - now < (to - from) / 6) return { label: 'Not renewed yet', tone: 'waiting' };
  return { label: 'Valid', tone: 'good' };
}

function since(seen: (string | null)[]): string {
  const latest = seen
    .filter((at) => at !== null)
    .toSorted()
    .at(-1);
  return latest === undefined ? '' : ` since ${formatUtc(latest)}`;
}
