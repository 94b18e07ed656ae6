import { describe, expect, it } from 'vitest';
import { showSite } from './state.ts';

describe('what a site looks like', () => {
  it.each([
    [{ paused: true, online: true, nodes: [] }, 'Paused'],
    [{ paused: false, online: true, nodes: [] }, 'Online'],
    [{ paused: false, online: false, nodes: [] }, 'No node yet'],
  ])('%j is shown as "%s"', (site, label) => {
    expect(showSite(site).label).toBe(label);
  });
});
