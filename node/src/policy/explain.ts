import type { LedgerEntry } from '../ledger/entry.ts';
import { requestOf } from './assignment-event.ts';
import { describeDecision } from './cases.ts';
import { type Decision, decide, type HubFacts } from './decide.ts';
import type { ReadPolicy } from './parse.ts';

const MOMENTS = {
  assignment: 'before anything was done for it',
  container: 'before a container',
  release: 'before anything left',
} as const;

type Decided = LedgerEntry & { event: { kind: 'decision' } };
type Assigned = LedgerEntry & { event: { kind: 'assignment' } };

/**
 * Says in sentences which rule decided about a run at each of the moments at which the policy was asked, under which policy, and whether the
 * policy of today would decide otherwise. The clock and the rate are asked as they were then.
 */
export function explainRun(
  entries: readonly LedgerEntry[],
  today: ReadPolicy | null,
  { hub, hubFingerprint }: HubFacts,
): string[] {
  const lines: string[] = [];
  let assigned: Assigned | null = null;
  let before: Decided | null = null;
  for (const entry of entries) {
    if (isAssigned(entry)) {
      assigned = entry;
      lines.push(...describeRun(entry));
    } else if (isDecided(entry)) {
      if (saysTheSame(before, entry)) continue;
      before = entry;
      lines.push(describeDecided(entry));
      if (assigned) lines.push(`    ${compareWithToday(entry, assigned, today, { hub, hubFingerprint })}`);
    } else if (entry.event.kind === 'refusal') {
      const { code, rule, reason } = entry.event;
      lines.push(`  ${entry.at}  nothing left: ${code} (${rule})${reason && `: ${reason}`}`);
    }
  }
  return lines;
}

function describeRun({ at, event }: Assigned): string[] {
  const { run, attempt, competition, hub, submitterName, dataset, rehearsal, image } = event;
  const data = dataset === null ? 'no data of the site' : rehearsal ? `the synthetic ${dataset}` : dataset;
  return [
    `run ${run}, attempt ${attempt}, arrived ${at}`,
    `  competition ${competition} of ${hub}, submitted by ${submitterName}, on ${data}, in ${image}`,
  ];
}

function describeDecided({ at, event }: Decided): string {
  const verdict = { true: 'permitted', false: 'refused', later: 'told to wait' }[`${event.permitted}`];
  const policy = event.policy === null ? 'without a policy that can be read' : `policy ${event.policy}`;
  return `  ${at}  ${MOMENTS[event.at]}: ${verdict} by \`${event.rule}\`, which says that ${sayRule(event.rule, event.permitted)} (${policy})`;
}

function compareWithToday(
  decided: Decided,
  assigned: Assigned,
  today: ReadPolicy | null,
  hub: HubFacts,
): string {
  if (today !== null && today.digest === decided.event.policy) return 'the policy is the same today';
  const now = decideToday(decided, assigned, today, hub);
  const same = now.permitted === decided.event.permitted && now.rule === decided.event.rule;
  return `${same ? 'another policy today, which decides the same' : 'the policy of today decides otherwise'}: ${describeDecision(now)}`;
}

function decideToday(
  { at, event }: Decided,
  assigned: Assigned,
  today: ReadPolicy | null,
  hub: HubFacts,
): Decision {
  const request = requestOf(assigned.event, event.imageDigest);
  const { engine } = assigned.event;
  const facts = { moment: event.at, now: new Date(at), runsToday: 0, runsTodayOfSubmitter: 0, engine };
  return decide(today?.policy ?? null, request, { ...facts, ...hub });
}

/** What a rule means, by the key that its place begins with. */
const REFUSING: readonly [string, string][] = [
  ['policy.yaml', 'there is no policy that can be read, and without one nothing runs'],
  ['hubs', 'the hub is not one of those that may ask'],
  ['competitions', 'the competition is not one of those that may run here'],
  ['submitters', 'the submitter is not one of those whose code may run here'],
  ['attributes', 'the hub does not vouch for this about the submitter'],
  ['programs', 'a program of the organizer is neither listed nor signed by somebody who is trusted'],
  ['images', 'the container image is neither listed nor signed by somebody who is trusted'],
  ['engines', 'such runs are not for this engine'],
  ['resources', 'the run asks for more than one run may be given'],
  ['datasets', 'the dataset is not for this run'],
  ['windows', 'such runs begin at other hours'],
  ['rate', 'enough runs have begun on this day'],
];

function sayRule(rule: string, permitted: boolean | 'later'): string {
  if (permitted === true) return 'nothing speaks against it, and what may leave follows from there';
  const found = REFUSING.find(
    ([key]) => rule === key || rule.startsWith(`${key}.`) || rule.startsWith(`${key} `),
  );
  return found?.[1] ?? 'it may not';
}

/** A run that waits is decided about again and again. */
function saysTheSame(before: Decided | null, { event }: Decided): boolean {
  if (before === null || event.permitted !== 'later') return false;
  const { at, attempt, permitted, rule, policy } = before.event;
  return (
    permitted === 'later' &&
    at === event.at &&
    attempt === event.attempt &&
    rule === event.rule &&
    policy === event.policy
  );
}

function isAssigned(entry: LedgerEntry): entry is Assigned {
  return entry.event.kind === 'assignment';
}

function isDecided(entry: LedgerEntry): entry is Decided {
  return entry.event.kind === 'decision';
}
