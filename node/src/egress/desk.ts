import { type Assignment, RefusalCode, WaitReason } from '@weir/proto/node/v1';
import type { LedgerEvent } from '../ledger/events.ts';
import type { Logger } from '../logging/logger.ts';
import type { StepTexts } from '../logs/held-logs.ts';
import type { Permission } from '../policy/decide.ts';
import type { RunResult, RunWatch } from '../run/executor.ts';
import type { Account, Books } from './books.ts';
import { codeName } from './codes.ts';
import { logBits, reportBits } from './costs.ts';
import type { Draft } from './draft.ts';
import { organizationsOf } from './organizations.ts';
import type { PeoplePort } from './people-port.ts';
import { digestOf, layOut, piecesOf, redact, scoreText, timersOf } from './review.ts';

export interface DeskOptions {
  readonly books: Books;
  readonly people: PeoplePort;
}

/** The run that a draft is of. */
export interface LeavingRun {
  readonly assignment: Assignment;
  /** Null when the policy has never permitted it; then there is nothing of it but a refusal. */
  readonly permission: Permission | null;
  /** sha256:<hex> of the policy that lets it out; null when there is none any more, and nothing but a code leaves. */
  readonly policyDigest: string | null;
  readonly watch: Pick<RunWatch, 'signal' | 'waiting'>;
  readonly logger: Logger;
  /** A place for a file in the attempt's folder. */
  pathOf(name: string): string;
  /** Asks the policy once more, after people have taken their days; null when it still lets the release out. */
  askAgain(): Promise<{ readonly code: RefusalCode; readonly rule: string; readonly why: string } | null>;
}

/** What leaves, recorded. */
export interface Release {
  readonly result: RunResult;
  readonly logs: StepTexts;
  readonly report: Uint8Array | null;
}

/**
 * The way out. What the gate let pass (`Draft`) goes from here to people where the policy wants them, and into the ledger; only what
 * `release` answers with may be sent.
 *
 * Idempotent by attempt: a run that was cut off anywhere in here comes again with the same draft, gets the same answer of the people, and
 * is charged once, since an entry that is in the ledger is not written again.
 */
export class EgressDesk {
  readonly #books: Books;
  readonly #people: PeoplePort;

  constructor({ books, people }: DeskOptions) {
    this.#books = books;
    this.#people = people;
  }

  /** Rejects with `LedgerFailedError` when it cannot be recorded. Nothing may leave then, not even a code. */
  async release(draft: Draft, run: LeavingRun): Promise<Release> {
    const { draft: reviewed, reviewers } = await this.#review(draft, run);
    await Promise.all(eventsOf(reviewed, run, reviewers).map((event) => this.#books.record(event)));
    const { result, logs, report } = reviewed;
    return {
      result: toResult(result),
      logs,
      report: report === null ? null : Buffer.from(report, 'base64'),
    };
  }

  async #review(draft: Draft, run: LeavingRun): Promise<{ draft: Draft; reviewers: readonly string[] }> {
    const { assignment, permission, watch, logger } = run;
    const { account } = draft;
    const pieces = piecesOf(draft);
    if (pieces.length === 0 || permission === null) return { draft, reviewers: [] };
    const timers = timersOf(permission.egress.review, new Date());
    const material = await layOut(pieces, run.pathOf);
    const question = {
      id: `review-${assignment.runId}`,
      kind: 'review' as const,
      run: String(assignment.runId),
      attempt: assignment.attempt,
      competition: { id: String(assignment.competitionId), title: assignment.competitionTitle },
      submitter: { id: account.submitter, name: assignment.submitter },
      submitterOrganization: organizationsOf(assignment),
      dataset: datasetOf(account),
      ...timers,
      facts: factsOf(draft, permission),
      material,
    };
    const wait = { waitsFor: WaitReason.REVIEW, until: new Date(timers.refuseAt) };
    const answer = await watch.waiting(wait, () => this.#people.ask(question, watch.signal));
    const passed = answer.verdict === 'approved' ? redact(draft, answer.redacted) : null;
    const refusal = passed && (await run.askAgain());
    if (refusal) {
      const { code, rule, why } = refusal;
      return { draft: refusedBy(draft, code, rule, why), reviewers: answer.by };
    }
    if (passed) return { draft: passed, reviewers: answer.by };
    logger.info({ verdict: answer.verdict }, 'the people of the site do not let the release out');
    const why = answer.verdict === 'approved' ? 'what was redacted is no part of the release' : answer.reason;
    return { draft: refusedBy(draft, RefusalCode.REVIEW, 'review', why), reviewers: answer.by };
  }
}

/** A code in the place of everything. It costs what a code costs. */
export function refusedBy(draft: Draft, code: RefusalCode, rule: string, why: string): Draft {
  const result = { kind: 'refusal' as const, code, rule, why };
  return {
    ...draft,
    result,
    logs: { prediction: '', scoring: '' },
    report: null,
    review: { scores: false, logs: false, report: false },
  };
}

/** NAME@VERSION, several with commas between them; null for a run that sees no data of the site. */
export function datasetOf({ datasets }: Account): string | null {
  return datasets.length === 0 ? null : datasets.join(',');
}

function factsOf({ costs, logs, report }: Draft, { rule }: Permission): { label: string; value: string }[] {
  if (costs === null) return [{ label: 'Rule that asks', value: rule }];
  const content = report === null ? null : Buffer.from(report, 'base64');
  const bits = costs.scores + logBits(costs, logs) + reportBits(costs, content);
  return [
    { label: 'Rule that asks', value: rule },
    { label: 'Can tell at most', value: `${bits.toFixed(1)} bits` },
  ];
}

/** What the ledger is told, in order, before anything leaves. */
function eventsOf(draft: Draft, run: LeavingRun, reviewers: readonly string[]): LedgerEvent[] {
  const { result, costs, logs, report } = draft;
  const events: LedgerEvent[] = [];
  const attempt = { run: String(run.assignment.runId), attempt: run.assignment.attempt };
  const { policyDigest } = run;
  const keepsBytes = run.permission?.egress.record !== 'digest';
  const leaves = (
    what: 'scores' | 'logs' | 'report' | 'code',
    content: string | Uint8Array,
    bits: number,
  ) => {
    events.push({
      kind: 'release',
      ...attempt,
      submitter: draft.account.submitter,
      dataset: datasetOf(draft.account),
      what,
      key: draft.key,
      bits,
      digest: digestOf(content),
      bytes: keepsBytes ? Buffer.from(content).toString('base64') : null,
      policy: policyDigest,
      reviewers: [...reviewers],
    });
  };
  if (result.kind === 'refusal') {
    const code = RefusalCode[result.code] ?? String(result.code);
    events.push({ kind: 'refusal', ...attempt, code, rule: result.rule, reason: result.why });
  }
  if (result.kind === 'scores') leaves('scores', scoreText(result.values), costs?.scores ?? 0);
  else if (result.kind === 'failure' || costs !== null) leaves('code', codeName(result), costs?.code ?? 0);
  if (costs === null) return events;
  if (costs.logs !== 'none') leaves('logs', JSON.stringify(logs), logBits(costs, logs));
  if (result.kind === 'scores' && costs.reportRoom !== null) {
    const content = Buffer.from(report ?? '', 'base64');
    leaves('report', content, reportBits(costs, content));
  }
  return events;
}

function toResult(result: Draft['result']): RunResult {
  return result.kind === 'refusal' ? { kind: 'refusal', code: result.code } : result;
}
