import type { Statement, Transaction } from '../db/database.ts';
import type { ScoredLeaf } from '../leaderboards/scoring.ts';
import type { Topic } from '../live/bus.ts';
import type { SettledLeaf } from '../submissions/many-sites/settle.ts';
import { type Progress, progressOfLeaf, progressOfParent, type RunProgress } from '../submissions/outcome.ts';
import { chargesParticipant } from './faults.ts';
import { givenBack, takeBack } from './limits.ts';

/** A leaf submission whose runs have changed; its row is locked by the caller. */
export interface Leaf {
  readonly leafId: number;
  readonly parentId: number | null;
  readonly phaseId: number;
  readonly ownerId: number;
}

/** The only run of a leaf. */
export interface OnlyRun extends RunProgress {
  readonly leafId: number;
  readonly scores: Readonly<Record<string, number>> | null;
}

/** Public statuses only ever grow, and the last three are never left. */
const SETTLE: Statement = {
  name: 'dispatch-settle',
  text: `
with settled as (
  select * from unnest($1::bigint[], $2::submission_status[], $3::text[], $4::fault[], $5::bool[]) as l(id, status, failure_code, fault, refund)
), before as (
  select s.phase_id, s.owner_id, s.counted_on, l.refund, s.holds_slot and l.status >= 'Finished' as frees_slot
  from submissions s join settled l on l.id = s.id where s.status < 'Finished'
), unused as (${givenBack('before')}
), usage as (
  select u.phase_id, u.user_id from submission_usage u join unused f on u.phase_id = f.phase_id and u.user_id = f.owner_id
  order by u.phase_id, u.user_id for no key update of u
), refunds as (
  update submission_usage u set ${takeBack('f')}
  from unused f join usage l on l.phase_id = f.phase_id and l.user_id = f.owner_id
  where u.phase_id = f.phase_id and u.user_id = f.owner_id
)
update submissions s set
  status = l.status, failure_code = l.failure_code, fault = l.fault, version = s.version + 1,
  counted_on = case when l.refund then null else s.counted_on end, holds_slot = s.holds_slot and l.status < 'Finished',
  finished_at = case when l.status >= 'Finished' then now() end
from settled l where s.id = l.id and s.status < 'Finished'`,
};

const LOCK_PARENTS: Statement = {
  name: 'dispatch-lock-parents',
  text: `select from submissions where id = any($1) order by id for no key update`,
};

const CHILDREN: Statement = {
  name: 'dispatch-children',
  text: `
select parent_id::float8 as "parentId", status, failure_code as "failureCode", fault
from submissions where parent_id = any($1) and deleted_at is null order by id`,
};

export interface LeafProgress extends Progress {
  readonly id: number;
  readonly parentId: number | null;
}

/** What a leaf with one run comes to; the run says all there is to know. */
export function settleOnlyRun({ leafId, scores, ...run }: OnlyRun): SettledLeaf {
  return { leafId, progress: progressOfLeaf([run]), values: run.state === 'finished' ? scores : null };
}

/** What follows for the leaves: how far each is, the scores of those that have any, and who is to be told. */
export function summarise(
  leaves: readonly Leaf[],
  settled: readonly SettledLeaf[],
): { progress: LeafProgress[]; scored: ScoredLeaf[]; topics: Topic[] } {
  const byId = new Map(settled.map((leaf) => [leaf.leafId, leaf]));
  return {
    progress: leaves.flatMap(({ leafId, parentId }) => {
      const leaf = byId.get(leafId);
      return leaf ? [{ id: leafId, parentId, ...leaf.progress }] : [];
    }),
    scored: leaves.flatMap(({ leafId, parentId, phaseId }) => {
      const values = byId.get(leafId)?.values;
      return values ? [{ submissionId: leafId, parentId, phaseId, values }] : [];
    }),
    topics: leaves.flatMap(({ leafId, parentId, phaseId, ownerId }): Topic[] => [
      `submission:${leafId}`,
      ...(parentId === null ? [] : [`submission:${parentId}` as const]),
      `phase:${phaseId}:owner:${ownerId}`,
    ]),
  };
}

/** Brings the status of leaves, and then of their parents, up to what their runs say. */
export async function settleLeaves(tx: Transaction, leaves: readonly LeafProgress[]): Promise<void> {
  if (leaves.length === 0) return;
  await settle(tx, leaves);
  const parents = parentsOf(leaves);
  if (parents.length > 0) await settleParents(tx, parents);
}

/** After the leaves are locked and before anything is written about their parents. */
export async function lockParents(tx: Transaction, leaves: readonly LeafProgress[]): Promise<void> {
  const parents = parentsOf(leaves);
  if (parents.length > 0) await tx.prepared(LOCK_PARENTS, [parents]);
}

function parentsOf(leaves: readonly LeafProgress[]): number[] {
  return [...new Set(leaves.flatMap(({ parentId }) => parentId ?? []))];
}

async function settle(tx: Transaction, settled: readonly (Progress & { id: number })[]): Promise<void> {
  await tx.prepared(SETTLE, [
    settled.map(({ id }) => id),
    settled.map(({ status }) => status),
    settled.map(({ failureCode }) => failureCode),
    settled.map(({ fault }) => fault),
    settled.map(({ status, fault }) => status === 'Failed' && !chargesParticipant(fault)),
  ]);
}

async function settleParents(tx: Transaction, parents: readonly number[]): Promise<void> {
  const rows = await tx.prepared<Progress & { parentId: number; [column: string]: unknown }>(CHILDREN, [
    parents,
  ]);
  const children = Map.groupBy(rows, ({ parentId }) => parentId);
  await settle(
    tx,
    parents.map((id) => ({ id, ...progressOfParent(children.get(id) ?? []) })),
  );
}
