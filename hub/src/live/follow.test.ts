import { expect, test } from 'vitest';
import { LocalLiveBus } from './bus.ts';
import { follow } from './follow.ts';
import { followOwn } from './follow-own.ts';

const topic = 'creation:1';

function followed<Value>(state: { value: Value }, options: { lastEventId?: string; pollMs?: number } = {}) {
  const live = new LocalLiveBus();
  const abort = new AbortController();
  const events = follow({ live, topic, signal: abort.signal, read: async () => state.value, ...options });
  const next = async () => {
    const { value, done } = await events.next();
    return done ? null : { id: String(value[0]), data: value[1] };
  };
  return { live, abort, events, next };
}

test('the state comes at once, and again when a hint comes and it has changed', async () => {
  const state = { value: 'first' };
  const { live, next } = followed(state);
  expect((await next())?.data).toBe('first');
  const later = next();
  live.announce([topic]);
  state.value = 'second';
  live.announce([topic]);
  expect((await later)?.data).toBe('second');
});

test('a change between two looks is not missed', async () => {
  const state = { value: 1 };
  const { live, next } = followed(state);
  await next();
  state.value = 2;
  live.announce([topic]);
  expect((await next())?.data).toBe(2);
});

test('without any hint it looks now and then', async () => {
  const state = { value: 1 };
  const { next } = followed(state, { pollMs: 20 });
  await next();
  state.value = 2;
  expect((await next())?.data).toBe(2);
});

test('whoever comes back is told only what is new', async () => {
  const first = await followed({ value: 'same' }).next();
  const state = { value: 'same' };
  const { live, next } = followed(state, { lastEventId: first!.id });
  const event = next();
  await new Promise((resolve) => setImmediate(resolve));
  state.value = 'new';
  live.announce([topic]);
  expect((await event)?.data).toBe('new');
});

test('it ends when its client has gone, and when its reader stops', async () => {
  const gone = followed({ value: 1 });
  await gone.next();
  const waiting = gone.next();
  gone.abort.abort();
  expect(await waiting).toBeNull();

  const stopped = followed({ value: 1 });
  await stopped.next();
  await stopped.events.return(undefined);
  expect(await stopped.next()).toBeNull();
});

test('a reader that may no longer see it gets the error', async () => {
  const live = new LocalLiveBus();
  const read = async () => {
    throw new Error('not yours');
  };
  const events = follow({ live, topic, signal: new AbortController().signal, read });
  await expect(events.next()).rejects.toThrow('not yours');
});

test('a watch hears from the call on, not from when its reader begins', async () => {
  const live = new LocalLiveBus();
  const hints = live.watch(topic, new AbortController().signal)[Symbol.asyncIterator]();
  live.announce([topic]);
  expect(await hints.next()).toEqual({ done: false, value: undefined });
});

test('whoever comes back to a list is told when any of it has changed meanwhile, and otherwise nothing', async () => {
  const live = new LocalLiveBus();
  let items = [
    { id: 2, version: 1 },
    { id: 1, version: 1 },
  ];
  const connect = (lastEventId?: string) => {
    const { signal } = new AbortController();
    const events = followOwn({ live, topic, signal, lastEventId, read: async () => items });
    return async () => {
      const { value } = await events.next();
      return { eventId: String(value[0]), id: value[1].id };
    };
  };
  const { eventId, id } = await connect()();
  expect(id).toBe(2);
  const nothingNew = connect(eventId)();
  await new Promise((resolve) => setImmediate(resolve));
  items = [
    { id: 2, version: 1 },
    { id: 1, version: 2 },
  ];
  expect((await connect(eventId)()).id).toBe(2);
  live.announce([topic]);
  expect((await nothingNew).id).toBe(1);
});
