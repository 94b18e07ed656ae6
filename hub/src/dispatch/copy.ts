import type { Database, Transaction } from '../db/database.ts';
import { submissions } from '../submissions/schema.ts';
import type { Admission } from './admit.ts';
import { claims, runs } from './schema.ts';

/**
 * Enters a copy of a submission together with what `record` writes, in one transaction: what must happen exactly once is guarded by a row that only one
 * transaction can insert. Rare and never urgent, it takes no part in the group commits of submissions, and its runs wait.
 *
 * @param record answers false when the copy exists already: nothing is written then
 */
export function insertCopy(
  database: Database,
  { id, submission, leaves, runs: planned }: Admission,
  record: (tx: Transaction, submissionId: number) => Promise<boolean>,
): Promise<boolean> {
  const { id: ____, limited: _, start: __, taskIds: ___, ...shared } = submission;
  const values = { ...shared, status: 'Submitted' } as const;
  return database.transaction(async (tx) => {
    if (!(await record(tx, id))) return false;
    const isLeaf = leaves.some((leaf) => leaf.id === id);
    if (!isLeaf) await tx.queries.insert(submissions).values({ ...values, id });
    await tx.queries
      .insert(submissions)
      .values(leaves.map((leaf) => ({ ...values, ...leaf, parentId: isLeaf ? null : id })));
    await tx.queries
      .insert(runs)
      .values(planned.map(({ id, leafId, siteId }) => ({ id, submissionId: leafId, siteId })));
    await tx.queries.insert(claims).values(planned.map(({ id, pool }) => ({ runId: id, pool })));
    return true;
  });
}
