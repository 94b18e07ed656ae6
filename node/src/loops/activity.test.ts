import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LedgerEvent } from '../ledger/events.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { Activity } from './activity.ts';

async function opened(folder: string) {
  const events: LedgerEvent[] = [];
  const states: string[] = [];
  const activity: Activity = await Activity.open({
    file: join(folder, 'paused.json'),
    ledger: {
      async append(event) {
        events.push(event);
        return { sequence: events.length, at: '', previous: '', hash: '', event };
      },
    },
    onChange: () => states.push(activity.state),
  });
  return { activity, events, states };
}

test('a pause lasts over restarts, until somebody ends it, and the ledger has who', async () => {
  await using folder = await temporaryFolder();
  const { activity, events, states } = await opened(folder.path);
  expect(activity.state).toBe('working');
  await activity.pause('ada');
  await activity.pause('bob');
  const next = await opened(folder.path);
  expect(next.activity.state).toBe('paused');
  await next.activity.resume('bob');
  await next.activity.resume('bob');
  expect((await opened(folder.path)).activity.state).toBe('working');
  expect([events, next.events]).toEqual([
    [{ kind: 'control', what: 'pause', by: 'ada' }],
    [{ kind: 'control', what: 'resume', by: 'bob' }],
  ]);
  expect([states, next.states]).toEqual([['paused'], ['working']]);
  expect(await readdir(folder.path)).toEqual([]);
});

test('draining is for this life alone, also of a paused node', async () => {
  await using folder = await temporaryFolder();
  const { activity, events, states } = await opened(folder.path);
  await activity.pause('ada');
  await activity.drain('ada');
  await activity.drain('signal');
  await activity.resume('ada');
  expect(activity.state).toBe('draining');
  expect(states).toEqual(['paused', 'draining', 'draining']);
  expect(events.map((event) => event.kind === 'control' && event.what)).toEqual(['pause', 'drain', 'resume']);
  expect((await opened(folder.path)).activity.state).toBe('working');
});
