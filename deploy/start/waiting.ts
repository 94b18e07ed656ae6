import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from './child.ts';
import { StartError } from './errors.ts';

export interface Waiting {
  /** What is waited for, as it continues "waited 60 s for ...". */
  until: string;
  /** Milliseconds. */
  timeout: number;
  /** Fails at once when one of these dies meanwhile. */
  children?: Child[];
  signal?: AbortSignal;
  interval?: number;
}

/** Asks `check` until it answers with something; its errors mean "not yet". @throws StartError when the time is over */
export async function waitFor<T>(waiting: Waiting, check: () => Promise<T | null>): Promise<T> {
  const { until, timeout, children = [], signal, interval = 400 } = waiting;
  const deadline = Date.now() + timeout;
  const deaths = new Map(children.map((child) => [child, child.deaths]));
  let last: unknown = null;
  while (Date.now() < deadline) {
    signal?.throwIfAborted();
    const found = await check().catch((error: unknown) => {
      last = error;
      return null;
    });
    if (found !== null) return found;
    const dead = children.find((child) => child.deaths > deaths.get(child)!);
    if (dead) {
      throw new StartError(
        `The ${dead.spec.title} ended while it was starting. Its last lines (${dead.spec.log}):\n${dead.lastWords()}`,
      );
    }
    await delay(interval);
  }
  const state = last instanceof Error ? `; last answer: ${last.message}` : '';
  throw new StartError(
    `Waited ${timeout / 1000} s for ${until}${state}. The logs are in the folder \`logs\` of WEIR_HOME.`,
  );
}

/** True once the address answers with something else than "I have a problem". */
export async function answers(url: string): Promise<true> {
  const response = await fetch(url, { signal: AbortSignal.timeout(3_000), redirect: 'manual' });
  await response.body?.cancel();
  if (response.status < 500) return true;
  throw new Error(`${url} answers ${response.status}`);
}
