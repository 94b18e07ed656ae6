import { expect, test } from 'vitest';
import type { SendQueueFullError } from './errors.ts';
import { MAX_QUEUED_BYTES, SendQueue, type SessionMessage } from './send-queue.ts';

/** A peer that reads so many messages and then stops. */
function slowPeer(reads: number) {
  const written: SessionMessage[] = [];
  let resume = () => {};
  return {
    written,
    read: (more: number) => {
      reads += more;
      resume();
    },
    sink: {
      write: (message: SessionMessage) => {
        written.push(message);
        return written.length < reads;
      },
      once: (_: 'drain', listener: () => void) => {
        resume = listener;
      },
    },
  };
}

const credit = (runs: number): SessionMessage => ({ message: { case: 'credit', value: { runs } } });
const held = Array.from({ length: 5_000 }, (_, index) => ({
  runId: BigInt(index) + (1n << 40n),
  attempt: 1,
}));
const heartbeat: SessionMessage = { message: { case: 'heartbeat', value: { held } } };

test('what a slow peer does not read waits, and goes in order', () => {
  const peer = slowPeer(2);
  const queue = new SendQueue(peer.sink, () => expect.unreachable());
  for (let runs = 1; runs <= 5; runs += 1) queue.send(credit(runs));
  expect(peer.written.length).toBe(2);
  peer.read(10);
  expect(peer.written).toEqual([1, 2, 3, 4, 5].map(credit));
});

test('a peer that reads nothing costs a bounded amount of memory and gets a named error', () => {
  const errors: SendQueueFullError[] = [];
  const queue = new SendQueue(slowPeer(0).sink, (error) => errors.push(error));
  for (let round = 0; round < 100 && errors.length === 0; round += 1) queue.send(heartbeat);
  expect(errors[0]?.code).toBe('send_queue_full');
  expect(Number(/(\d+) bytes/.exec(errors[0]?.message ?? '')?.[1])).toBeLessThan(MAX_QUEUED_BYTES * 1.2);
});
