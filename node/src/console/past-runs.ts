import type { ConsoleView, EventOf } from './view.ts';
import { bits } from './words.ts';

/** What the ledger says of a run that was here. */
export interface PastRun {
  readonly run: string;
  readonly attempt: number;
  readonly at: string;
  readonly competition: string;
  readonly submitter: string;
  readonly dataset: string | null;
  readonly isRehearsal: boolean;
  readonly outcome: string;
  /** What of this attempt left, such as `scores`. */
  readonly released: readonly string[];
  readonly bits: number;
  /** The place in the policy that decided last. */
  readonly rule: string | null;
  readonly assignment: EventOf<'assignment'>;
}

/** Entries that are looked through, from the end: enough for some hundred runs. */
const LOOK_BACK = 5_000;
const MOST = 50;

/** The latest runs, newest first. */
export async function pastRuns(ledger: ConsoleView['ledger']): Promise<readonly PastRun[]> {
  const runs = new Map<string, PastRun>();
  const filter = {
    from: Math.max(1, ledger.head.sequence - LOOK_BACK),
    kinds: ['assignment', 'decision', 'release', 'refusal', 'end'],
  } as const;
  for await (const { at, event } of ledger.entries(filter)) {
    if (event.kind === 'assignment') {
      runs.delete(event.run);
      runs.set(event.run, begun(event, at));
    }
    if (!('run' in event)) continue;
    const run = runs.get(event.run);
    if (!run) continue;
    switch (event.kind) {
      case 'decision':
        runs.set(event.run, { ...run, at, rule: event.rule, outcome: outcomeOf(event) ?? run.outcome });
        break;
      case 'release':
        runs.set(event.run, withRelease(run, event, at));
        break;
      case 'refusal':
        runs.set(event.run, {
          ...run,
          at,
          rule: event.rule || run.rule,
          outcome: `refused: ${event.reason || event.code}`,
        });
        break;
      case 'end':
        runs.set(event.run, { ...run, at, outcome: event.how });
        break;
      default:
        break;
    }
  }
  return [...runs.values()].reverse().slice(0, MOST);
}

function begun(event: EventOf<'assignment'>, at: string): PastRun {
  return {
    run: event.run,
    attempt: event.attempt,
    at,
    competition: event.competition,
    submitter: event.submitterName || event.submitter,
    dataset: event.dataset,
    isRehearsal: event.rehearsal,
    outcome: 'assigned',
    released: [],
    bits: 0,
    rule: null,
    assignment: event,
  };
}

function withRelease(run: PastRun, release: EventOf<'release'>, at: string): PastRun {
  const released = [...new Set([...run.released, release.what])];
  const drawn = run.bits + release.bits;
  return { ...run, at, released, bits: drawn, outcome: `released ${released.join(', ')}: ${bits(drawn)}` };
}

function outcomeOf({ permitted }: EventOf<'decision'>): string | null {
  if (permitted === false) return 'refused by the policy';
  return permitted === 'later' ? 'told to wait' : null;
}
