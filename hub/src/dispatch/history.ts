/** In a statement on the attempts that have ended, `current`: what stays of each, and its receipt. */
export const HISTORY = `recorded as (
  insert into attempts (run_id, attempt, node_id, outcome, failure_code)
  select run_id, attempt, node_id, outcome, failure_code from current
  -- A lease that ran out was taken for a loss; the node came back with the same attempt.
  on conflict (run_id, attempt) do update set outcome = excluded.outcome, failure_code = excluded.failure_code, ended_at = now()
  where attempts.outcome = 'lost'
), kept as (
  insert into receipts (run_id, attempt, envelope) select run_id, attempt, receipt from current where receipt is not null
)`;
