import { expect, test } from 'vitest';
import { BucketEnds } from './bucket-ends.ts';

const never = new AbortController().signal;

test('who waits for the same moment goes on in the order of runs, whoever came first', async () => {
  const ends = new BucketEnds();
  const moment = Date.now() + 30;
  const order: bigint[] = [];
  const arrive = (run: bigint) => ends.wait(moment, run, never).then(() => order.push(run));
  await Promise.all([arrive(3n), arrive(1n), arrive(10n), arrive(2n)]);
  expect(order).toEqual([1n, 2n, 3n, 10n]);
  expect(Date.now()).toBeGreaterThanOrEqual(moment);
});

test('a moment that has passed is not waited for', async () => {
  const ends = new BucketEnds();
  await ends.wait(0, 1n, never);
  await ends.wait(0, 2n, never);
});

test('who is stopped waits no longer, and the others do', async () => {
  const ends = new BucketEnds();
  const moment = Date.now() + 30;
  const stop = new AbortController();
  const stopped = ends.wait(moment, 1n, stop.signal);
  const other = ends.wait(moment, 2n, never);
  stop.abort('cancelled');
  await expect(stopped).rejects.toBe('cancelled');
  await other;
  await expect(ends.wait(moment, 1n, stop.signal)).rejects.toBe('cancelled');
});
