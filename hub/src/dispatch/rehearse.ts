import { and, count, eq, isNull, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/database.ts';
import type { Sites } from '../sites/service.ts';
import { rehearsalUsage, submissions } from '../submissions/schema.ts';
import { rehearses } from './asked-sites.ts';
import { PhaseMissingError, RehearsalLimitError, RehearsalNotOfferedError } from './errors.ts';
import type { PhaseSpec } from './phase-specs.ts';
import { type Pool, sitePool } from './pools.ts';
import { claims, runs } from './schema.ts';

/** Beside the limits of phases, over all competitions of the hub: rehearsals cost sites time, and nobody needs many. */
export const REHEARSALS_PER_DAY = 20;
export const REHEARSALS_IN_FLIGHT = 3;

/** A submission that is to run on the synthetic data of sites. Everything about it but the limits of rehearsals has been checked. */
export interface NewRehearsal {
  /** Reserved beforehand: see `NewSubmission`. */
  readonly id?: number | undefined;
  readonly phaseId: number;
  readonly ownerId: number;
  readonly resourceId: number;
  readonly name: string;
  readonly description: string;
  readonly fileName: string;
  readonly factSheetAnswers: Record<string, unknown> | null;
  /** Tasks with site data: one leaf for each; with one task the rehearsal itself is the leaf. */
  readonly taskIds: readonly number[];
  /** Name of the one site to run at; null: every site that offers it. */
  readonly site: string | null;
}

/** A leaf of the rehearsal, and the sites to run it at. */
export interface RehearsalPart {
  readonly taskId: number;
  readonly taskVersion: number;
  readonly siteIds: readonly number[];
}

/** With the ids that it and its runs will have. */
export interface PlannedRehearsal {
  readonly id: number;
  /** With one task the rehearsal itself; with several, a child for each. */
  readonly leaves: readonly {
    readonly id: number;
    readonly taskId: number;
    readonly taskVersion: number;
    readonly runs: readonly { readonly id: number; readonly siteId: number }[];
  }[];
}

/**
 * Where which tasks run. Tasks that no chosen site rehearses are left out, as long as one is left.
 * @throws RehearsalNotOfferedError | PhaseMissingError
 */
export async function rehearsalParts(
  phase: PhaseSpec | null,
  { taskIds, site }: Pick<NewRehearsal, 'taskIds' | 'site'>,
  sites: Pick<Sites, 'sitesRehearsing'>,
): Promise<RehearsalPart[]> {
  if (!phase || !taskIds.every((id) => phase.tasks.has(id))) throw new PhaseMissingError();
  const withSiteData = taskIds.flatMap((id) => {
    const task = phase.tasks.get(id);
    return task?.siteData ? [{ id, version: task.version, siteData: task.siteData }] : [];
  });
  if (withSiteData.length === 0) throw new RehearsalNotOfferedError('no_site_data');
  const offered = await Promise.all(
    withSiteData.map(async ({ id, version, siteData }) => ({
      taskId: id,
      taskVersion: version,
      sites: (await sites.sitesRehearsing(siteData)).filter((site) =>
        rehearses(site, siteData.rule.sites, phase.competitionId),
      ),
    })),
  );
  if (offered.every(({ sites }) => sites.length === 0)) throw new RehearsalNotOfferedError('no_site');
  const parts = offered
    .map(({ sites, ...task }) => ({
      ...task,
      siteIds: sites.filter(({ name }) => site === null || name === site).map(({ id }) => id),
    }))
    .filter(({ siteIds }) => siteIds.length > 0);
  if (parts.length === 0) throw new RehearsalNotOfferedError('not_there');
  return parts;
}

/**
 * Creates a rehearsal with its runs, which wait: rare and never urgent, it takes no part in the group commits of submissions. The row of the
 * person's usage is locked for the whole of it, so both limits are exact.
 * @throws RehearsalLimitError
 */
export function insertRehearsal(
  database: Database,
  rehearsal: NewRehearsal,
  { id, leaves }: PlannedRehearsal,
): Promise<Pool[]> {
  const { site: _, taskIds: __, ...shared } = rehearsal;
  const values = { ...shared, status: 'Submitted', isRehearsal: true } as const;
  const planned = leaves.flatMap(({ id: submissionId, runs }) =>
    runs.map((run) => ({ ...run, submissionId, pool: sitePool(run.siteId) })),
  );
  return database.transaction(async (tx) => {
    await countRehearsal(tx, rehearsal.ownerId);
    const isLeaf = leaves.some((leaf) => leaf.id === id);
    if (!isLeaf) await tx.queries.insert(submissions).values({ ...values, id });
    await tx.queries.insert(submissions).values(
      leaves.map(({ id: leafId, taskId, taskVersion }) => ({
        ...values,
        id: leafId,
        taskId,
        taskVersion,
        parentId: isLeaf ? null : id,
      })),
    );
    await tx.queries
      .insert(runs)
      .values(
        planned.map(({ id, submissionId, siteId }) => ({ id, submissionId, siteId, sharesScores: true })),
      );
    await tx.queries.insert(claims).values(planned.map(({ id, pool }) => ({ runId: id, pool })));
    return [...new Set(planned.map(({ pool }) => pool))];
  });
}

async function countRehearsal({ queries }: Transaction, userId: number): Promise<void> {
  const today = sql`(now() at time zone 'utc')::date`;
  const [usage] = await queries
    .insert(rehearsalUsage)
    .values({ userId, day: today, usedToday: 1 })
    .onConflictDoUpdate({
      target: rehearsalUsage.userId,
      set: {
        day: today,
        usedToday: sql`case when ${rehearsalUsage.day} = ${today} then ${rehearsalUsage.usedToday} else 0 end + 1`,
      },
    })
    .returning({ usedToday: rehearsalUsage.usedToday });
  if (usage!.usedToday > REHEARSALS_PER_DAY) {
    throw new RehearsalLimitError('rehearsals_per_day', REHEARSALS_PER_DAY);
  }
  const [open] = await queries
    .select({ count: count() })
    .from(submissions)
    .where(
      and(
        eq(submissions.ownerId, userId),
        submissions.isRehearsal,
        isNull(submissions.parentId),
        sql`${submissions.status} < 'Finished'`,
      ),
    );
  if (open!.count >= REHEARSALS_IN_FLIGHT) {
    throw new RehearsalLimitError('rehearsals_in_flight', REHEARSALS_IN_FLIGHT);
  }
}
