import { expect } from 'vitest';
import type { TestHub } from './test-hub.ts';

/**
 * What must hold when everything has come to rest, whatever was killed meanwhile: no submission lost, none stuck, none scored twice. Read from the
 * database, since a fault here may well hide from the API.
 */
export async function expectExactlyOnce(hub: TestHub, submissionIds: readonly number[]): Promise<void> {
  const roots = await hub.query<{ id: number }>(
    'select id::int from submissions where parent_id is null order by id',
  );
  expect(roots.map(({ id }) => id)).toEqual([...submissionIds].sort((a, b) => a - b));

  const stuck = await hub.query(`
    select 'submission' as what, id, status::text as state from submissions where status < 'Finished'
    union all select 'run', id, state::text from runs where state < 'finished'
    union all select 'claim', run_id, pool from claims`);
  expect(stuck).toEqual([]);

  const runs = await hub.query<{ finished: number; ended: number }>(`
    select r.id, r.state,
      (select count(*)::int from attempts a where a.run_id = r.id and a.outcome = 'finished') as finished,
      (select count(*)::int from attempts a where a.run_id = r.id and a.attempt = r.attempt) as ended
    from runs r where r.state = 'finished'`);
  expect(runs.filter(({ finished, ended }) => finished !== 1 || ended !== 1)).toEqual([]);

  // One run for each leaf and site, and one score for each column of a finished leaf.
  const doubled = await hub.query(`
    select submission_id, site_id, count(*) from runs group by submission_id, site_id having count(*) > 1`);
  expect(doubled).toEqual([]);
  const unscored = await hub.query(`
    select s.id from submissions s where s.status = 'Finished' and s.task_id is not null
    and not exists (select from scores where submission_id = s.id)`);
  expect(unscored).toEqual([]);
}

/** Attempts that ended, in order, by their outcome: `['lost', 'finished']`. */
export async function attemptOutcomes(hub: TestHub, submissionId: number): Promise<string[]> {
  const rows = await hub.query<{ outcome: string }>(
    `select a.outcome from attempts a join runs r on r.id = a.run_id where r.submission_id = $1 order by a.run_id, a.attempt`,
    [submissionId],
  );
  return rows.map(({ outcome }) => outcome);
}
