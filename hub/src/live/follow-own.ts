import { type TrackedEnvelope, tracked } from '@trpc/server';
import { type Followed, occasions } from './follow.ts';

interface Versioned {
  readonly id: number;
  readonly version: number;
}

/**
 * Which of a person's submissions have changed. The first look tells of the newest one unless the client has had that, so that a list which was
 * fetched a moment earlier is fetched again rather than left stale.
 */
export async function* followOwn({
  read,
  lastEventId,
  ...source
}: Followed<readonly Versioned[]>): AsyncGenerator<TrackedEnvelope<Versioned>> {
  let known: ReadonlyMap<number, number> | null = null;
  for await (const _ of occasions(source)) {
    const items = await read();
    const seen = known;
    const changed = seen ? items.filter(({ id, version }) => seen.get(id) !== version) : items.slice(0, 1);
    for (const { id, version } of changed) {
      const eventId = `${id}.${version}`;
      if (seen || eventId !== lastEventId) yield tracked(eventId, { id, version });
    }
    known = new Map(items.map(({ id, version }) => [id, version]));
  }
}
