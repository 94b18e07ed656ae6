import { describe, expect, it } from 'vitest';
import type { SiteNode } from '#lib/api/types.ts';
import { showSite, whyRunsWait } from './state.ts';

describe('what a site looks like', () => {
  it.each([
    [{ paused: true, online: true, nodes: [] }, 'Paused'],
    [{ paused: false, online: true, nodes: [] }, 'Online'],
    [{ paused: false, online: false, nodes: [] }, 'No node yet'],
  ])('%j is shown as "%s"', (site, label) => {
    expect(showSite(site).label).toBe(label);
  });
});

describe('why runs wait at a site', () => {
  const node = { online: true, slots: 2, busy: 2, lastSeenAt: '2026-11-21T12:04:00Z' } as SiteNode;
  const site = { paused: false, online: true, nodes: [node], waiting: 3 };

  it.each([
    [{ ...site, waiting: 0 }, null],
    [site, 'all nodes are busy'],
    [{ ...site, nodes: [{ ...node, busy: 1 }] }, 'about to be handed out'],
    [{ ...site, paused: true }, 'the site is paused'],
    [{ ...site, online: false, nodes: [] }, 'no node has enrolled'],
    [{ ...site, online: false }, 'no node is connected since 2026-11-21 12:04 UTC'],
  ])('%#', (given, reason) => {
    expect(whyRunsWait(given)).toBe(reason);
  });
});
