import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { LiveBus, Topic } from './bus.ts';

/** Hints can get lost between hub processes; nobody waits longer than this for what they would have told. */
const POLL_MS = 15_000;
/** However fast things change, one reader reads no more often than this. */
const REST_MS = 100;

export interface Followed<Value> {
  readonly live: LiveBus;
  readonly topic: Topic;
  /** Ends it: the client has gone, or the hub is stopping. */
  readonly signal: AbortSignal;
  /** Reads the current state on behalf of the client, authorization included: it throws once the client may no longer see it. */
  readonly read: () => Promise<Value>;
  /** The last event that the client has had, of this or an earlier connection. */
  readonly lastEventId?: string | null | undefined;
  readonly pollMs?: number;
}

/**
 * The state now, and again each time it differs from what the client has. An event's id is a digest of its content, so a client that comes back
 * is told only what it does not know yet, by any hub process.
 */
export async function* follow<Value>({
  read,
  lastEventId,
  ...source
}: Followed<Value>): AsyncGenerator<TrackedEnvelope<Value>> {
  let last = lastEventId ?? null;
  for await (const _ of occasions(source)) {
    const value = await read();
    const id = digestOf(value);
    if (id === last) continue;
    last = id;
    yield tracked(id, value);
  }
}

/** When to look: at once, after each hint, and now and then without one. It listens before the first look, so nothing is missed. */
export async function* occasions({
  live,
  topic,
  signal,
  pollMs = POLL_MS,
}: Pick<Followed<unknown>, 'live' | 'topic' | 'signal' | 'pollMs'>): AsyncGenerator<void> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const hints = live.watch(topic, until)[Symbol.asyncIterator]();
  let hint = hints.next();
  try {
    while (!until.aborted) {
      yield;
      await sleep(REST_MS, null, { signal: until }).catch(() => {});
      if (await comesWithin(hint, pollMs)) hint = hints.next();
    }
  } finally {
    over.abort();
  }
}

async function comesWithin(hint: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, milliseconds, false);
  const came = await Promise.race([hint.then(() => true), late]);
  clearTimeout(timer);
  return came;
}

export function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('base64url')
    .slice(0, 16);
}
