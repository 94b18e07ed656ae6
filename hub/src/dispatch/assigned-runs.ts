import type { Assigned } from '@weir/proto/receipt';
import { assignedBy } from '@weir/proto/receipt/assigned';
import { eq, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { resources } from '../resources/schema.ts';
import { submissions } from '../submissions/schema.ts';
import type { ArtifactUrls } from './artifact-urls.ts';
import { toAssignment } from './assignment.ts';
import type { AttemptKey } from './attempt-key.ts';
import { toGuestAssignment } from './guests/assignment.ts';
import { findGuestOrder } from './guests/store.ts';
import type { PhaseSpec, PhaseSpecs } from './phase-specs.ts';
import { runs } from './schema.ts';
import type { AssignmentInit } from './sessions.ts';

/** More than any process has in flight; what is forgotten is looked up. */
const MOST = 50_000;

/**
 * What was assigned as which run: what the receipts of the runs have to say. This process remembers what it has assigned itself; for what
 * another process or an earlier life did, the same assignment is made once more from the database.
 */
export class AssignedRuns {
  readonly #database: Database;
  readonly #specs: PhaseSpecs;
  readonly #urls: ArtifactUrls;
  readonly #remembered = new Map<number, { attempt: number | undefined; assigned: Assigned }>();

  constructor(database: Database, specs: PhaseSpecs, urls: ArtifactUrls) {
    this.#database = database;
    this.#specs = specs;
    this.#urls = urls;
  }

  note(runId: number, assignment: AssignmentInit, columns?: PhaseSpec['scoreColumns']): void {
    const { attempt } = assignment;
    this.#remembered.set(runId, { attempt, assigned: assignedBy(assignment, '', columns) });
    if (this.#remembered.size > MOST)
      for (const oldest of this.#remembered.keys()) return void this.#remembered.delete(oldest);
  }

  /** Null when there is no such run, or nothing left of its task. What is remembered is given once. */
  async take({ runId, attempt }: AttemptKey): Promise<Assigned | null> {
    const remembered = this.#remembered.get(runId);
    if (remembered?.attempt === attempt) {
      this.#remembered.delete(runId);
      return remembered.assigned;
    }
    // Another attempt may have been assigned by another process, after the task was changed.
    const assigned = await this.#lookUp(runId);
    return assigned ? { ...assigned, attempt } : this.#lookUpGuest(runId);
  }

  /** Receipts name the attempt as the other hub counts. */
  async #lookUpGuest(runId: number): Promise<Assigned | null> {
    const guest = await findGuestOrder(this.#database.queries, runId);
    const leased = { runId, attempt: 0, nodeId: '', leaseExpiresAt: 0 };
    return guest && assignedBy(toGuestAssignment({ ...leased, guest }, this.#urls), '');
  }

  async #lookUp(runId: number): Promise<Assigned | null> {
    const [run] = await this.#database.queries
      .select({
        phaseId: submissions.phaseId,
        taskId: submissions.taskId,
        taskVersion: submissions.taskVersion,
        submissionId: sql<number>`coalesce(${submissions.parentId}, ${submissions.id})`.mapWith(Number),
        isRehearsal: submissions.isRehearsal,
        digest: resources.digest,
      })
      .from(runs)
      .innerJoin(submissions, eq(submissions.id, runs.submissionId))
      .innerJoin(resources, eq(resources.id, submissions.resourceId))
      .where(eq(runs.id, runId));
    const found = run?.taskId ? await this.#specs.findTask(run.phaseId, run.taskId, run.taskVersion) : null;
    if (!run?.digest || !found) return null;
    const { phase, task } = found;
    // Receipts say nothing of who submitted, and of when and where to fetch from.
    const nobody = { submitter: '', submitterId: 0, submitterVouched: [], submitterIsRobot: false };
    const { submissionId, isRehearsal, digest } = run;
    const leased = { runId, attempt: 0, nodeId: '', leaseExpiresAt: 0, submissionId, isRehearsal, ...nobody };
    const submission = { digest, size: 0 };
    const assignment = toAssignment(
      { ...leased, submission, factSheetAnswers: null },
      phase,
      task,
      this.#urls,
    );
    return assignedBy(assignment, '', phase.scoreColumns);
  }
}
