import { readFileSync } from 'node:fs';
import type pg from 'pg';

/** Milliseconds that a process has spent on the processor so far; 0 when it is gone. Linux alone. */
function processorTime(pid: number): number {
  try {
    // The name in parentheses may hold spaces; what follows it is fixed.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

/** Says how long a process has been on the processor since. */
export function meterProcess(pid: number): () => number {
  const before = processorTime(pid);
  return () => processorTime(pid) - before;
}

/** The same of a database server on this machine, whose processes come and go. */
export async function meterDatabase(pool: pg.Pool): Promise<() => Promise<number>> {
  const times = async () => {
    const { rows } = await pool.query<{ pid: number }>('select pid from pg_stat_activity');
    return new Map(rows.map(({ pid }) => [pid, processorTime(pid)]));
  };
  const before = await times();
  return async () => {
    let spent = 0;
    for (const [pid, time] of await times()) spent += time - (before.get(pid) ?? 0);
    return spent;
  };
}
