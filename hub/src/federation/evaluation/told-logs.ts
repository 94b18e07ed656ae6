import { create } from '@bufbuild/protobuf';
import { AttemptRefSchema, LogChunkSchema } from '@weir/proto/node/v1';
import type { Database } from '../../db/database.ts';
import type { Dispatcher } from '../../dispatch/service.ts';
import * as store from './handed-store.ts';
import type { LogPlace } from './schema.ts';
import type { LogPosition, ToldLogs } from './wire.ts';

const NOWHERE: LogPlace = { attempt: 0, after: {} };

/** Up to where this hub has the peer's logs of an attempt. */
export function positionOf({ logs, sequences }: store.HandedRun): LogPosition {
  const place = logs ?? NOWHERE;
  const streams = Object.entries(sequences ?? {}).map(([stream, last]) => ({
    stream: Number(stream),
    sequence: last - (place.after[stream] ?? 0),
  }));
  return { try: place.attempt, streams };
}

/**
 * Keeps what a peer tells of the logs of an attempt: once each, since what does not follow upon what is here is left out. Lines of another try come after
 * those of the one before.
 * @returns false when this hub wants no more of them
 */
export async function keepLogs(
  { database, dispatch }: { readonly database: Database; readonly dispatch: Pick<Dispatcher, 'appendLogs'> },
  run: store.HandedRun,
  told: ToldLogs,
): Promise<boolean> {
  const last = new Map(Object.entries(run.sequences ?? {}));
  const place =
    run.logs?.attempt === told.try ? run.logs : { attempt: told.try, after: Object.fromEntries(last) };
  // First where they begin: a process that is killed in between has lost nothing.
  if (place !== run.logs && !(await store.moveLogs(database.queries, run, place))) return true;
  const attempt = create(AttemptRefSchema, { runId: BigInt(run.run), attempt: run.attempt });
  const chunks = told.chunks.flatMap(({ stream, sequence: theirs, text, truncated }) => {
    const sequence = (place.after[stream] ?? 0) + theirs;
    if (sequence !== (last.get(String(stream)) ?? 0) + 1) return [];
    last.set(String(stream), sequence);
    return [
      create(LogChunkSchema, { attempt, stream, sequence, text: Buffer.from(text, 'base64'), truncated }),
    ];
  });
  if (chunks.length === 0) return true;
  const acknowledged = await dispatch.appendLogs(run.nodeId, chunks);
  return acknowledged.length > 0 && acknowledged.every(({ closed }) => !closed);
}
