import { describe, expect, it } from 'vitest';
import type { SiteNode } from '#lib/api/types.ts';
import { showCertificate, showNode, showSite, whyRunsWait } from './state.ts';

describe('what a site looks like', () => {
  it.each([
    [{ paused: true, online: true, nodes: [], hub: null }, 'Paused'],
    [{ paused: false, online: true, nodes: [], hub: null }, 'Online'],
    [{ paused: false, online: false, nodes: [], hub: null }, 'No node yet'],
    [{ paused: false, online: false, nodes: [], hub: 'south' }, 'Offline'],
  ])('%j is shown as "%s"', (site, label) => {
    expect(showSite(site).label).toBe(label);
  });
});

describe('why runs wait at a site', () => {
  const node = { online: true, slots: 2, busy: 2, lastSeenAt: '2026-11-21T12:04:00Z' } as SiteNode;
  const site = { paused: false, online: true, nodes: [node], waiting: 3, hub: null };

  it.each([
    [{ ...site, waiting: 0 }, null],
    [site, 'all nodes are busy'],
    [{ ...site, nodes: [{ ...node, busy: 1 }] }, 'about to be handed out'],
    [{ ...site, paused: true }, 'the site is paused'],
    [{ ...site, online: false, nodes: [] }, 'no node has enrolled'],
    [{ ...site, online: false }, 'no node is connected since 2026-11-21 12:04 UTC'],
    [{ ...site, online: false, nodes: [], hub: 'south' }, 'hub south does not answer'],
  ])('%#', (given, reason) => {
    expect(whyRunsWait(given)).toBe(reason);
  });
});

describe('how a node is', () => {
  const node = {
    online: true,
    paused: false,
    draining: false,
    drainRequestedAt: null,
    revokedAt: null,
    policyDigest: 'sha256:0',
  };

  it.each([
    [node, ['Online']],
    [
      { ...node, paused: true, drainRequestedAt: '2026-11-21' },
      ['Paused by the site', 'Drained from the hub'],
    ],
    [{ ...node, policyDigest: '', draining: true }, ['No policy', 'Stopping']],
    [{ ...node, online: false, paused: true }, ['Offline']],
    [{ ...node, revokedAt: '2026-11-21' }, ['Revoked']],
  ])('%#', (given, labels) => {
    expect(showNode(given).map(({ label }) => label)).toEqual(labels);
  });

  const certificate = {
    revokedAt: null,
    certificateIssuedAt: '2026-11-01T00:00:00Z',
    certificateExpiresAt: '2026-12-01T00:00:00Z',
  };
  it.each([
    ['2026-11-21T00:00:00Z', 'Valid'],
    ['2026-11-28T00:00:00Z', 'Not renewed yet'],
    ['2026-12-01T00:00:00Z', 'Ended: the node has to enrol again'],
  ])('its certificate at %s is: %s', (now, label) => {
    expect(showCertificate(certificate, Date.parse(now)).label).toBe(label);
  });
});
