import { resolveEgress } from './egress-rules.ts';
import type { PolicyProblem } from './errors.ts';
import { datasetPlaceFor } from './rules.ts';
import type { Policy } from './schema.ts';

/** What a policy may say and its steward hardly means. Nothing of it lets anything out: these are runs that would wait or be refused in vain. */
export function adviseOn(policy: Policy): PolicyProblem[] {
  return [...onReviewers(policy), ...onApproval(policy), ...onAppData(policy)].map(([place, problem]) => ({
    place,
    line: null,
    problem,
  }));
}

type Advice = [place: string, problem: string];

function onReviewers(policy: Policy): Advice[] {
  const people = Object.keys(policy.reviewers).length;
  return Object.entries(policy.datasets).flatMap(([name, rule]): Advice[] => {
    const { review } = resolveEgress('site_data', policy.egress.site_data, rule.egress);
    const asks = review.scores !== 'never' || review.logs !== 'never';
    if (!asks || people >= review.reviewers) return [];
    const problem = `releases are reviewed by ${review.reviewers}, and \`reviewers\` names ${people}: they would be refused after ${review.refuseAfterSeconds} s; name people, or write review: { scores: never, logs: never }`;
    return [[`datasets.${name}`, problem]];
  });
}

function onApproval({ approval, datasets, reviewers }: Policy): Advice[] {
  if (Object.keys(reviewers).length > 0) return [];
  const asking = Object.entries(datasets).filter(([, rule]) => (rule.approval ?? approval) !== 'automatic');
  const places =
    approval === 'automatic' ? asking.map(([name]) => `datasets.${name}.approval`) : ['approval'];
  return places.map((place) => [place, 'nobody is named in `reviewers` who could approve']);
}

function onAppData(policy: Policy): Advice[] {
  const mount = policy.mount_at_app_data;
  if (!mount) return [];
  const [name = '', version = ''] = mount.dataset.split('@');
  if (datasetPlaceFor(policy, { name, version }) !== null) return [];
  return [['mount_at_app_data.dataset', '`datasets` does not name it, so that nothing is shown']];
}
