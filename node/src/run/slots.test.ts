import { expect, test } from 'vitest';
import { Slots } from './slots.ts';

const never = new AbortController().signal;

test('who comes when there is no room waits for their turn, in order', async () => {
  const slots = new Slots(1);
  expect(slots.take(0, never)).toBeNull();
  const turns: string[] = [];
  const first = slots.take(0, never)?.then(() => turns.push('first'));
  const second = slots.take(0, never)?.then(() => turns.push('second'));
  expect(slots.occupied).toBe(3);
  slots.free(0);
  await first;
  expect(turns).toEqual(['first']);
  slots.free(0);
  await second;
  slots.free(0);
  expect(slots.occupied).toBe(0);
});

test('who gives up no longer waits', async () => {
  const slots = new Slots(1);
  await slots.take(0, never);
  const stop = new AbortController();
  const turn = slots.take(0, stop.signal);
  stop.abort('cancelled');
  await expect(turn).rejects.toBe('cancelled');
  expect(slots.occupied).toBe(1);
  await expect(slots.take(0, stop.signal)).rejects.toBe('cancelled');
  slots.free(0);
  expect(slots.take(0, never)).toBeNull();
});

test('what may be written fits on the disk, whatever is written; nobody overtakes', async () => {
  const slots = new Slots(3, 10);
  expect(slots.take(6, never)).toBeNull();
  const turns: string[] = [];
  const large = slots.take(5, never)?.then(() => turns.push('large'));
  const small = slots.take(1, never)?.then(() => turns.push('small'));
  expect(slots.occupied).toBe(3);
  slots.free(6);
  await Promise.all([large, small]);
  expect(turns).toEqual(['large', 'small']);
});

test('what is larger than the room is let in alone', async () => {
  const slots = new Slots(3, 10);
  expect(slots.take(11, never)).toBeNull();
  const next = slots.take(1, never);
  expect(next).not.toBeNull();
  slots.free(11);
  await next;
  expect(slots.occupied).toBe(1);
});

test('when one that is too large gives up those behind it are let in', async () => {
  const slots = new Slots(3, 10);
  await slots.take(6, never);
  const stop = new AbortController();
  const large = slots.take(8, stop.signal);
  const small = slots.take(2, never);
  stop.abort('lost');
  await expect(large).rejects.toBe('lost');
  await small;
  expect(slots.occupied).toBe(2);
});
