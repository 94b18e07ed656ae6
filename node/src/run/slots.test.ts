import { expect, test } from 'vitest';
import { Slots } from './slots.ts';

const never = new AbortController().signal;

test('who comes when there is no room waits for their turn, in order', async () => {
  const slots = new Slots(1);
  expect(slots.take(never)).toBeNull();
  const turns: string[] = [];
  const first = slots.take(never)?.then(() => turns.push('first'));
  const second = slots.take(never)?.then(() => turns.push('second'));
  expect(slots.occupied).toBe(3);
  slots.free();
  await first;
  expect(turns).toEqual(['first']);
  slots.free();
  await second;
  slots.free();
  expect(slots.occupied).toBe(0);
});

test('who gives up no longer waits', async () => {
  const slots = new Slots(1);
  await slots.take(never);
  const stop = new AbortController();
  const turn = slots.take(stop.signal);
  stop.abort('cancelled');
  await expect(turn).rejects.toBe('cancelled');
  expect(slots.occupied).toBe(1);
  await expect(slots.take(stop.signal)).rejects.toBe('cancelled');
  slots.free();
  expect(slots.take(never)).toBeNull();
});
