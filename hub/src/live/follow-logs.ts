import { type TrackedEnvelope, tracked } from '@trpc/server';
import { type Followed, occasions } from './follow.ts';

interface Logs<Stream extends string> {
  readonly streams: readonly {
    readonly stream: Stream;
    readonly text: string;
    readonly truncated: boolean;
  }[];
  readonly nextCursor: string;
}

export interface LogEvent<Stream extends string> {
  readonly stream: Stream;
  /** What has come since the last event of this stream. */
  readonly text: string;
  readonly truncated: boolean;
}

interface FollowedLogs<Stream extends string> extends Omit<Followed<never>, 'read'> {
  readonly read: (cursor: string | null) => Promise<Logs<Stream>>;
}

/** Logs as they grow. An event's id says up to where the client has everything: a connection that breaks in between may repeat, never omit. */
export async function* followLogs<Stream extends string>({
  read,
  lastEventId,
  ...source
}: FollowedLogs<Stream>): AsyncGenerator<TrackedEnvelope<LogEvent<Stream>>> {
  let cursor = lastEventId ?? null;
  for await (const _ of occasions(source)) {
    const { streams, nextCursor } = await read(cursor);
    for (const [place, { stream, text, truncated }] of streams.entries()) {
      const isLast = place === streams.length - 1;
      yield tracked(isLast ? nextCursor : (cursor ?? 'start'), { stream, text, truncated });
    }
    cursor = nextCursor;
  }
}
