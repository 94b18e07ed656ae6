/**
 * The condition under which a report counts, for statements that join a claim `c` by run and attempt: the claim is leased to the node, or it waits again
 * after this very node lost its lease. Not when the attempt has ended in any other way than by being lost: the first report decides.
 *
 * @param report alias with `run_id`, `attempt` and `node_id` of who reports
 * @param run alias with `node_id` of whom the run was last leased to
 */
export function isHolder(report: string, run: string): string {
  return `(c.node_id = ${report}.node_id or (c.node_id is null and ${run}.node_id = ${report}.node_id and not exists (
    select from attempts a where a.run_id = ${report}.run_id and a.attempt = ${report}.attempt and a.outcome <> 'lost')))`;
}
