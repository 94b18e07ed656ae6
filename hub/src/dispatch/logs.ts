import { type LogChunk, LogStream } from '@weir/proto/node/v1';
import type { Database, Statement } from '../db/database.ts';
import { toAttemptKey } from './attempt-key.ts';

/** What one attempt may leave at the hub, over all its streams. A node caps earlier; this is for the one that does not. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;
const MAX_CHUNK_BYTES = 64 * 1024;

/**
 * Stores chunks of attempts that are this node's: leased to it, or ended by it (what lags behind still comes). Chunks that are there already are
 * left as they are. Of runs of other hubs they are kept until those have them; how much those want is part of what they ask for. Answers up to where each stream has no gap; null: the hub wants no more of this attempt.
 */
const APPEND: Statement = {
  name: 'dispatch-append-logs',
  text: `
with sent as (
  select * from unnest($2::bigint[], $3::int[], $4::int2[], $5::int[], $6::bytea[], $7::bool[]) as l(run_id, attempt, stream, sequence, text, truncated)
), welcome as (
  select r.id as run_id, r.attempt, r.submission_id is null as is_guest from runs r
  left join submissions s on s.id = r.submission_id left join phases p on p.id = s.phase_id left join competitions c on c.id = p.competition_id
  where r.id in (select run_id from sent) and r.node_id = $1 and (c.log_level <> 'none' or s.is_rehearsal or exists (
      select from guest_runs g where g.run_id = r.id and g.assignment is not null))
    and (select coalesce(sum(length(l.text)), 0) from log_chunks l where l.run_id = r.id and l.attempt = r.attempt) < $8
), stored as (
  insert into log_chunks (run_id, attempt, stream, sequence, text, truncated)
  select s.run_id, s.attempt, s.stream, s.sequence, s.text, s.truncated from sent s join welcome w on w.run_id = s.run_id and w.attempt = s.attempt
  on conflict do nothing
)
select run_id::float8 as "runId", attempt, is_guest as "isGuest" from welcome`,
};

/** Sequences start at 1 without gaps, so the stream is whole up to the first number that has no successor. */
const ACKNOWLEDGED: Statement = {
  name: 'dispatch-acknowledged-logs',
  text: `
select s.run_id::float8 as "runId", s.attempt, s.stream, coalesce(
  (select min(l.sequence) from log_chunks l where l.run_id = s.run_id and l.attempt = s.attempt and l.stream = s.stream and not exists (
     select from log_chunks n where n.run_id = l.run_id and n.attempt = l.attempt and n.stream = l.stream and n.sequence = l.sequence + 1)
   and exists (select from log_chunks f where f.run_id = l.run_id and f.attempt = l.attempt and f.stream = l.stream and f.sequence = 1)), 0) as sequence
from (select distinct * from unnest($1::bigint[], $2::int[], $3::int2[]) as s(run_id, attempt, stream)) s`,
};

export interface LogAcknowledgement {
  readonly runId: number;
  readonly attempt: number;
  readonly stream: LogStream;
  readonly sequence: number;
  readonly closed: boolean;
  /** It is another hub's run. */
  readonly isGuest: boolean;
}

export async function appendLogs(
  database: Database,
  nodeId: string,
  chunks: readonly LogChunk[],
): Promise<LogAcknowledgement[]> {
  const valid = chunks.flatMap((chunk) => {
    const key = toAttemptKey(chunk.attempt);
    return key && isValid(chunk) ? [{ ...chunk, runId: key.runId, number: key.attempt }] : [];
  });
  if (valid.length === 0) return [];
  const welcome = await database.prepared<{ runId: number; attempt: number; isGuest: boolean }>(APPEND, [
    nodeId,
    valid.map(({ runId }) => runId),
    valid.map(({ number }) => number),
    valid.map(({ stream }) => stream),
    valid.map(({ sequence }) => sequence),
    valid.map(({ text }) => Buffer.from(text)),
    valid.map(({ truncated }) => truncated),
    MAX_LOG_BYTES,
  ]);
  const rows = await database.prepared<{
    runId: number;
    attempt: number;
    stream: LogStream;
    sequence: number;
  }>(ACKNOWLEDGED, [
    valid.map(({ runId }) => runId),
    valid.map(({ number }) => number),
    valid.map(({ stream }) => stream),
  ]);
  return rows.map((row) => {
    const found = welcome.find(({ runId, attempt }) => runId === row.runId && attempt === row.attempt);
    return { ...row, closed: !found, isGuest: found?.isGuest ?? false };
  });
}

function isValid({ stream, sequence, text }: LogChunk): boolean {
  const isKnownStream = stream !== LogStream.UNSPECIFIED && LogStream[stream] !== undefined;
  return isKnownStream && sequence >= 1 && sequence < 1e6 && text.length <= MAX_CHUNK_BYTES;
}
