import { resolveEgress } from './egress-rules.ts';
import type { PolicyProblem } from './errors.ts';
import { datasetPlaceFor } from './rules.ts';
import type { Policy } from './schema.ts';

/**
 * What a policy may say and its steward hardly means: runs that would wait or be refused in vain, and budgets that are given out more than once.
 *
 * @param nodesOfSite as the hub says
 */
export function adviseOn(policy: Policy, nodesOfSite = 1): PolicyProblem[] {
  const advice = [
    ...onReviewers(policy),
    ...onOrganizations(policy),
    ...onAppData(policy),
    ...onNodes(policy, nodesOfSite),
  ];
  return advice.map(([place, problem]) => ({
    place,
    line: null,
    problem,
  }));
}

type Advice = [place: string, problem: string];

/** Hubs vouch for domains. Without knowing those of an organization nobody can keep its people from reviewing for each other. */
function onOrganizations({ reviewers, organizations, datasets, egress }: Policy): Advice[] {
  const isAsked = Object.values(datasets).some(({ egress: own }) => {
    const { review } = resolveEgress('site_data', egress.site_data, own);
    return review.scores !== 'never' || review.logs !== 'never';
  });
  const known = Object.keys(organizations).map((name) => name.trim().toLowerCase());
  const isKnown = (name: string) => name.includes('.') || known.includes(name.trim().toLowerCase());
  const named = Object.values(reviewers).map(({ organization }) => organization);
  const unknown = named.find((name) => !isKnown(name));
  if (!isAsked || (named.length === 0 ? known.length > 0 : unknown === undefined)) return [];
  const name = unknown ?? 'NAME OF THE SITE';
  const problem = `nobody reviews for their own organization, but hubs know people by the domains of their institutions, and which are those of ${unknown ?? 'the site'} is not said; write organizations: { ${name}: [hospital.example] }`;
  return [['organizations', problem]];
}

/** Where nobody is named everybody who may open the console reviews, and that may be the steward alone. */
function onReviewers(policy: Policy): Advice[] {
  const people = Object.keys(policy.reviewers).length;
  return Object.entries(policy.datasets).flatMap(([name, rule]): Advice[] => {
    const { review } = resolveEgress('site_data', policy.egress.site_data, rule.egress);
    const asks = review.scores !== 'never' || review.logs !== 'never';
    if (!asks || Math.max(people, 1) >= review.reviewers) return [];
    const who =
      people === 0 ? 'only the steward reviews unless a colleague has a token' : '`reviewers` names one';
    const problem = `releases are reviewed by two people, and ${who}: they would be refused when their time is over; weir-node console person add makes a token for somebody else`;
    return [[`datasets.${name}`, problem]];
  });
}

function onAppData(policy: Policy): Advice[] {
  const mount = policy.mount_at_app_data;
  if (!mount) return [];
  const [name = '', version = ''] = mount.dataset.split('@');
  if (datasetPlaceFor(policy, { name, version }) !== null) return [];
  return [['mount_at_app_data.dataset', '`datasets` does not name it, so that nothing is shown']];
}

/** Each node has books of its own, so what two give out of the same data adds up. */
function onNodes({ datasets, egress }: Policy, nodesOfSite: number): Advice[] {
  if (nodesOfSite === 1) return [];
  return Object.entries(datasets).flatMap(([name, rule]): Advice[] => {
    const { perSubmitterBits, perDatasetBits } = resolveEgress(
      'site_data',
      egress.site_data,
      rule.egress,
    ).budget;
    const isBounded = perSubmitterBits !== null || perDatasetBits !== null;
    if (!isBounded || (rule.nodes !== undefined && rule.nodes >= nodesOfSite)) return [];
    const problem =
      rule.nodes === undefined
        ? `the site has ${nodesOfSite} nodes, so this one gives out 1/${nodesOfSite} of the budgets; say by how many of them these data are held`
        : `the site has ${nodesOfSite} nodes and ${rule.nodes} of them hold these data, it says; where more do, more than the budgets is given out in all`;
    return [[`datasets.${name}.nodes`, problem]];
  });
}
