import type { Logger } from '../logging/logger.ts';
import type { Runs } from '../run/runs.ts';
import type { Reporter } from '../spool/reporter.ts';
import type { Activity } from './activity.ts';
import type { Intake } from './intake.ts';

/** How long interrupted containers may take to go, and outcomes to be acknowledged. What is left then is left to the next life. */
const STOP_MS = 15_000;
const REPORT_MS = 5_000;

export interface Drained {
  readonly intake: Pick<Intake, 'close'>;
  readonly activity: Pick<Activity, 'drain'>;
  readonly runs: Pick<Runs, 'idle' | 'stopAll' | 'occupied'>;
  readonly reporter: Pick<Reporter, 'settled' | 'outstanding'>;
  readonly logger: Logger;
}

/**
 *   working -> draining: no new runs, those in flight go on -> settled: nothing runs, nothing waits to be reported
 *                 |                                             ^
 *                 +--signal--> interrupting: runs are stopped --+
 */
export async function drain(
  { intake, activity, runs, reporter, logger }: Drained,
  signal: AbortSignal,
): Promise<void> {
  intake.close();
  await activity.drain('signal');
  if (runs.occupied > 0) logger.info({ runs: runs.occupied }, 'finishing the runs in flight');
  await orAborted(runs.idle(), signal);
  if (runs.occupied > 0) {
    logger.warn({ runs: runs.occupied }, 'interrupting the runs in flight');
    runs.stopAll('interrupted');
    await orAborted(runs.idle(), AbortSignal.timeout(STOP_MS));
  }
  await reporter.settled(AbortSignal.timeout(REPORT_MS));
  if (reporter.outstanding > 0) {
    logger.info({ outcomes: reporter.outstanding }, 'outcomes are kept and reported at the next start');
  }
}

async function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const aborted = Promise.withResolvers<void>();
  const onAbort = () => aborted.resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await Promise.race([promise, aborted.promise]);
  signal.removeEventListener('abort', onAbort);
}
