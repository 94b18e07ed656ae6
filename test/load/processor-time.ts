import { readFileSync } from 'node:fs';

/** Milliseconds that a process has spent on the processor so far; 0 when it is gone. Linux alone. */
export function processorTime(pid: number): number {
  try {
    // The name in parentheses may hold spaces; what follows it is fixed.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

export const processorTimes = (pids: readonly number[]) =>
  pids.reduce((sum, pid) => sum + processorTime(pid), 0);
