import { type TrackedEnvelope, tracked } from '@trpc/server';
import { digestOf, type Followed, occasions } from './follow.ts';

interface Versioned {
  readonly id: number;
  readonly version: number;
}

/**
 * Which of a person's submissions have changed. The first look tells of the newest one unless the client has had that, so that a list which was
 * fetched a moment earlier is fetched again rather than left stale. An event's id is a digest of the whole list, so whoever comes back is told when any of it
 * has changed meanwhile.
 */
export async function* followOwn({
  read,
  lastEventId,
  ...source
}: Followed<readonly Versioned[]>): AsyncGenerator<TrackedEnvelope<Versioned>> {
  let known: ReadonlyMap<number, number> | null = null;
  let last = lastEventId ?? null;
  for await (const _ of occasions(source)) {
    const items = await read();
    const seen = known;
    const digest = digestOf(items.map(({ id, version }) => [id, version]));
    const changed = seen ? items.filter(({ id, version }) => seen.get(id) !== version) : items.slice(0, 1);
    for (const [place, { id, version }] of changed.entries()) {
      const isLast = place === changed.length - 1;
      if (digest !== last) yield tracked(isLast ? digest : (last ?? 'start'), { id, version });
    }
    last = digest;
    known = new Map(items.map(({ id, version }) => [id, version]));
  }
}
