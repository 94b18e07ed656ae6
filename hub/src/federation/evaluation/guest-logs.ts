import type { Database, Statement } from '../../db/database.ts';
import type { GuestRow } from './guest-store.ts';
import { type Held, MOST_LOG_BYTES, type ToldLogs } from './wire.ts';

/** Of one run in one answer: the others have something to tell too. */
const MOST_OF_A_RUN = 64 * 1024;
const MOST_CHUNKS = 500;

interface Chunk {
  readonly runId: number;
  readonly stream: number;
  readonly sequence: number;
  readonly text: Buffer;
  readonly truncated: boolean;
}

/** Of the latest try of each run what comes after the position, the first chunk in any case. Chunks that overtook others wait until those are there. */
const UNTOLD: Statement = {
  name: 'guests-untold-logs',
  text: `
with asked as (
  select * from unnest($1::bigint[], $2::int[]) as a(run_id, attempt)
), had as (
  select * from unnest($3::bigint[], $4::int2[], $5::int[]) as h(run_id, stream, sequence)
), untold as (
  select l.*, l.sequence - coalesce(h.sequence, 0) = row_number() over (partition by l.run_id, l.stream order by l.sequence) as "isNext",
    sum(length(l.text)) over (partition by l.run_id order by l.stream, l.sequence) - length(l.text) as before,
    row_number() over (partition by l.run_id order by l.stream, l.sequence) as place
  from asked a join log_chunks l on l.run_id = a.run_id and l.attempt = a.attempt
  left join had h on h.run_id = l.run_id and h.stream = l.stream
  where l.sequence > coalesce(h.sequence, 0)
)
select run_id::float8 as "runId", stream, sequence, text, truncated from untold
where "isNext" and before < $6 and place <= $7 order by run_id, stream, sequence`,
};

/** What there is to tell of the logs of runs, by run of this hub. Bounded: the rest comes with the next answer. */
export async function untoldLogs(
  database: Database,
  runs: readonly { readonly row: GuestRow; readonly held: Held }[],
): Promise<Map<number, ToldLogs>> {
  const asked = runs.flatMap(({ row, held }) => {
    if (held.logs === null || row.tries === 0) return [];
    const isSameTry = held.logs.try === row.tries;
    return [{ runId: row.runId, attempt: row.tries, streams: isSameTry ? held.logs.streams : [] }];
  });
  if (asked.length === 0) return new Map();
  const had = asked.flatMap(({ runId, streams }) => streams.map((position) => ({ runId, ...position })));
  const chunks = await database.prepared<Chunk & { [column: string]: unknown }>(UNTOLD, [
    asked.map(({ runId }) => runId),
    asked.map(({ attempt }) => attempt),
    had.map(({ runId }) => runId),
    had.map(({ stream }) => stream),
    had.map(({ sequence }) => sequence),
    MOST_OF_A_RUN,
    MOST_CHUNKS,
  ]);
  const tries = new Map(asked.map(({ runId, attempt }) => [runId, attempt]));
  const told = new Map<number, ToldLogs>();
  let bytes = 0;
  for (const [runId, all] of Map.groupBy(chunks, (chunk) => chunk.runId)) {
    if (bytes >= MOST_LOG_BYTES) break;
    told.set(runId, {
      try: tries.get(runId)!,
      chunks: all.map(({ stream, sequence, text, truncated }) => {
        bytes += text.length;
        return { stream, sequence, text: text.toString('base64'), truncated };
      }),
    });
  }
  return told;
}
