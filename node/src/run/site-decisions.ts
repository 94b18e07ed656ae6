import { writeFile } from 'node:fs/promises';
import { type Assignment, RefusalCode, WaitReason } from '@weir/proto/node/v1';
import type { Books } from '../egress/books.ts';
import { datasetOf } from '../egress/desk.ts';
import { waitUntil } from '../egress/moment.ts';
import { organizationsOf } from '../egress/organizations.ts';
import type { PeoplePort } from '../egress/people-port.ts';
import { digestOf, timersOf } from '../egress/review.ts';
import type { Logger } from '../logging/logger.ts';
import { assignmentEvent } from '../policy/assignment-event.ts';
import {
  type Decision,
  decide,
  type HubFacts,
  type Later,
  type Permission,
  type PolicyMoment,
} from '../policy/decide.ts';
import type { PolicyFile } from '../policy/policy-file.ts';
import { policyRequest } from '../policy/request.ts';
import { attemptKey } from './attempt.ts';
import type { RunWatch } from './executor.ts';

/** A run that waits for an hour looks so often whether the policy has changed meanwhile. */
const RECHECK_MS = 15_000;

export interface SiteDecisionsOptions {
  readonly assignment: Assignment;
  readonly policy: PolicyFile;
  readonly books: Books;
  readonly people: PeoplePort;
  /** The hub at the other end of the link. */
  readonly hub: HubFacts;
  readonly engine: string;
  readonly watch: Pick<RunWatch, 'signal' | 'waiting'>;
  readonly logger: Logger;
  /** A place for a file in the attempt's folder. */
  pathOf(name: string): string;
}

export type SiteDecision = Permitted | NotPermitted;

export interface Permitted {
  readonly kind: 'permitted';
  readonly permission: Permission;
  /** sha256:<hex> */
  readonly policyDigest: string;
}

export interface NotPermitted {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly rule: string;
  readonly why: string;
}

/** What the site says to one run: its policy at each of the three moments, with the hours it waits for, and the people that it asks. */
export class SiteDecisions {
  readonly submitter: string;
  readonly #run: SiteDecisionsOptions;

  constructor(options: SiteDecisionsOptions) {
    this.#run = options;
    this.submitter = this.#assignmentEvent().submitter;
  }

  /** Records that the hub has asked. Rejects when what it asks for is nothing that a ledger could hold. */
  async begin(): Promise<void> {
    await this.#run.books.record(this.#assignmentEvent());
  }

  /** Asks the policy. Where it says "later" this waits, without a slot, until it says something else. */
  async ask(moment: PolicyMoment, imageDigest: string | null): Promise<SiteDecision> {
    let asked = await this.#decide(moment, imageDigest);
    const { decision } = asked;
    if (decision.permitted === 'later') {
      const wait = { waitsFor: decision.waitsFor, until: decision.until };
      this.#run.logger.info({ rule: decision.rule, until: decision.until }, 'the run waits for the site');
      asked = await this.#run.watch.waiting(wait, () => this.#waitFor(decision, moment, imageDigest));
    }
    return this.#toSiteDecision(asked);
  }

  /** Asks a person whether the run may begin, where the policy wants one. */
  async approve(permission: Permission, datasets: readonly string[]): Promise<NotPermitted | null> {
    if (permission.approval === 'automatic') return null;
    const { assignment, people, watch, pathOf } = this.#run;
    const description = Buffer.from(describe(assignment, permission.approval));
    const path = pathOf('approval.json');
    await writeFile(path, description, { mode: 0o600 });
    const timers = timersOf(permission.egress.review, new Date());
    const dataset = datasetOf({ submitter: this.submitter, datasets });
    const question = {
      id: questionId(assignment, permission.approval, this.submitter, digestOf(description)),
      kind: 'approval' as const,
      run: String(assignment.runId),
      attempt: assignment.attempt,
      competition: { id: String(assignment.competitionId), title: assignment.competitionTitle },
      submitter: { id: this.submitter, name: assignment.submitter },
      submitterOrganization: organizationsOf(assignment),
      dataset,
      ...timers,
      facts: [
        { label: 'Rule that asks', value: permission.rule },
        {
          label: 'Your answer holds',
          value: permission.approval === 'per_run' ? 'for this run' : 'for this competition',
        },
      ],
      material: [
        {
          kind: 'run' as const,
          mediaType: 'application/json',
          path,
          digest: digestOf(description),
          bytes: description.length,
        },
      ],
    };
    const wait = { waitsFor: WaitReason.APPROVAL, until: new Date(timers.refuseAt) };
    const answer = await watch.waiting(wait, () => people.ask(question, watch.signal));
    if (answer.verdict === 'approved') return null;
    return { kind: 'refused', code: RefusalCode.APPROVAL, rule: 'approval', why: answer.reason };
  }

  async #waitFor(later: Later, moment: PolicyMoment, imageDigest: string | null): Promise<Asked> {
    for (let wait = later; ; ) {
      const recheck = Date.now() + RECHECK_MS;
      await waitUntil(Math.min(recheck, wait.until?.getTime() ?? recheck), this.#run.watch.signal);
      const asked = await this.#decide(moment, imageDigest);
      if (asked.decision.permitted !== 'later') return asked;
      wait = asked.decision;
    }
  }

  async #decide(moment: PolicyMoment, imageDigest: string | null): Promise<Asked> {
    const { assignment, policy, books, hub, engine } = this.#run;
    const read = await policy.read();
    const now = new Date();
    const { runs, ofSubmitter } = books.beganToday(now, this.submitter, attemptKey(assignment));
    const facts = { moment, now, runsToday: runs, runsTodayOfSubmitter: ofSubmitter, ...hub, engine };
    const decision = decide(read?.policy ?? null, policyRequest(assignment, imageDigest), facts);
    const policyDigest = read?.digest ?? null;
    books.note({
      kind: 'decision',
      run: String(assignment.runId),
      attempt: assignment.attempt,
      at: moment,
      permitted: decision.permitted,
      rule: decision.rule,
      policy: policyDigest,
      imageDigest: imageDigest || null,
    });
    return { decision, policyDigest };
  }

  #toSiteDecision({ decision, policyDigest }: Asked): SiteDecision {
    if (decision.permitted === true && policyDigest !== null) {
      return { kind: 'permitted', permission: decision, policyDigest };
    }
    const code = decision.permitted === false ? decision.code : RefusalCode.NO_POLICY;
    const { rule } = decision;
    this.#run.logger.warn({ rule, policy: policyDigest }, 'the policy of the site refuses this run');
    return { kind: 'refused', code, rule, why: 'the policy does not permit it' };
  }

  #assignmentEvent() {
    const { assignment, hub, engine } = this.#run;
    return assignmentEvent(assignment, { hub: hub.hub, engine });
  }
}

interface Asked {
  readonly decision: Decision;
  readonly policyDigest: string | null;
}

/**
 * One answer holds for a run with all its attempts, or for all runs of a competition that are described alike. Those that run other programs,
 * or see other data, are another question: an answer to one is none to the other.
 */
function questionId(
  { runId, competitionId, hub }: Assignment,
  approval: Permission['approval'],
  submitter: string,
  description: string,
): string {
  if (approval === 'per_run') return `approval-${runId}`;
  const scope = digestOf(JSON.stringify([hub || submitter.split('@').at(-1), description])).slice(7, 23);
  return `approval-competition-${competitionId}-${scope}`;
}

/** What a person decides about. For a competition as a whole: what all its runs have in common, and nothing that changes from one to the next. */
function describe(assignment: Assignment, approval: Permission['approval']): string {
  const { limits, siteData } = assignment;
  const programs = { ingestion: assignment.ingestionProgram, scoring: assignment.scoringProgram };
  const own = {
    submission: { id: String(assignment.submissionId), digest: assignment.submission?.digest ?? null },
    submitter: { name: assignment.submitter, attributes: assignment.submitterAttributes },
  };
  const description = {
    competition: { id: String(assignment.competitionId), title: assignment.competitionTitle },
    ...(approval === 'per_run' && own),
    image: assignment.image,
    programs: Object.fromEntries(
      Object.entries(programs).flatMap(([role, program]) => (program ? [[role, program.digest]] : [])),
    ),
    dataset: siteData ? `${siteData.name}@${siteData.version}` : null,
    shown: { input: siteData?.input ?? false, reference: siteData?.reference ?? false },
    stepSeconds: limits?.stepSeconds ?? null,
    columns: assignment.scoreColumns.map(({ key, min, max, decimals }) => ({ key, min, max, decimals })),
  };
  return JSON.stringify(description, null, 2);
}
