import { RefusalCode, type WaitReason } from '@weir/proto/node/v1';
import { type EgressRules, type RunKind, resolveEgress, siteDataEgress } from './egress-rules.ts';
import { datasetPlaceFor, findAppData, RULES } from './rules.ts';
import type { Approval, Policy } from './schema.ts';
import { stricterEgress } from './stricter.ts';

/** What the policy is asked about: a run as the hub describes it. */
export interface PolicyRequest {
  /** The hub that competition and submitter belong to; empty for the one at the other end of the link. */
  readonly hub: string;
  readonly competition: { readonly id: string; readonly title: string };
  readonly submitter: string;
  /** Stable at that hub, unlike the name. */
  readonly submitterId: string;
  /** What that hub vouches for about the submitter. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly image: string;
  /** sha256:<hex> as the engine found it; null before it has looked, and for engines without images. */
  readonly imageDigest: string | null;
  /** Digests of the organizer's programs. */
  readonly programs: readonly string[];
  /** DSSE envelopes in which others sign digests of programs or of the image. */
  readonly attestations: readonly Uint8Array[];
  /** The site dataset of the task, null when all its data come from the hub. */
  readonly dataset: { readonly name: string; readonly version: string } | null;
  readonly rehearsal: boolean;
  readonly resources: {
    readonly memoryBytes: number;
    readonly cpuMillis: number;
    readonly stepSeconds: number;
    readonly diskBytes: number;
    readonly gpus: number;
  };
}

/** When the policy is asked: before anything is done for a run, before each of its containers, and before anything leaves. */
export type PolicyMoment = 'assignment' | 'container' | 'release';

/** What the site itself knows at that moment. */
export interface PolicyFacts {
  readonly moment: PolicyMoment;
  readonly now: Date;
  /** Runs that were let begin since the last midnight UTC, this one not counted; and those of this submitter among them. */
  readonly runsToday: number;
  readonly runsTodayOfSubmitter: number;
  /** The hub at the other end of the link: its name, and sha256:<hex> of its certificate authority. */
  readonly hub: string;
  readonly hubFingerprint: string;
  /** How many nodes the hub says that the site has, this one among them; 1 where it is left out. */
  readonly nodesOfSite?: number;
  readonly engine: string;
}

/** What the node knows by its hub. */
export type HubFacts = Pick<PolicyFacts, 'hub' | 'hubFingerprint' | 'nodesOfSite'>;

export type Decision = Permission | Refused | Later;

export interface Permission {
  readonly permitted: true;
  /** The place in the file whose rules apply to what leaves. */
  readonly rule: string;
  readonly kind: RunKind;
  /** Whether the run sees data of the site, as its task's dataset or at /app/data. Never in a rehearsal. */
  readonly siteData: boolean;
  readonly egress: EgressRules;
  /** Whom the site asks before the run begins. */
  readonly approval: Approval;
  /** The dataset whose input part is shown at /app/data, and in which steps; null for none. */
  readonly appData: {
    readonly name: string;
    readonly version: string;
    readonly steps: readonly ('prediction' | 'scoring')[];
  } | null;
}

export interface Refused {
  readonly permitted: false;
  readonly code: RefusalCode;
  /** The rule that said no, by its place in the file. For the site's own log; it does not leave. */
  readonly rule: string;
}

/** Not now. Only ever answered at the moment of assignment: a run that has begun is not held up by the clock. */
export interface Later {
  readonly permitted: 'later';
  /** When to ask again; null when nobody can tell. */
  readonly until: Date | null;
  readonly waitsFor: WaitReason;
  readonly rule: string;
}

/**
 * Decides about a run: the one place where a policy is interpreted. Deny by default; pure, so that a site can try a policy on paper.
 * The rules are asked in order, and the first that does not agree decides. Without a policy nothing is permitted.
 */
export function decide(policy: Policy | null, request: PolicyRequest, facts: PolicyFacts): Decision {
  if (policy === null) return { permitted: false, code: RefusalCode.NO_POLICY, rule: 'policy.yaml' };
  for (const { check } of RULES) {
    const objection = check(policy, request, facts);
    if (objection !== null) return objection;
  }
  return permission(policy, request, facts);
}

/** What a run that nothing speaks against may have. */
function permission(policy: Policy, request: PolicyRequest, facts: PolicyFacts): Permission {
  const appData = findAppData(policy, request, facts);
  const places = [request.dataset, appData].flatMap((seen) => {
    const place = seen && datasetPlaceFor(policy, seen);
    return place === null ? [] : [place];
  });
  const kind = request.rehearsal ? 'rehearsal' : places.length > 0 ? 'site_data' : 'hub_data';
  const written = places.map((place) => policy.datasets[place]);
  const egress =
    kind === 'site_data'
      ? written
          .map((rule) => siteDataEgress(policy, rule, facts.nodesOfSite ?? 1))
          .reduce((one, other) => stricterEgress(one, other))
      : resolveEgress(kind, policy.egress[kind]);
  const [place] = places;
  return {
    permitted: true,
    rule: place === undefined || kind === 'rehearsal' ? `egress.${kind}` : `datasets.${place}`,
    kind,
    siteData: kind === 'site_data',
    egress,
    approval: strictestApproval([policy.approval, ...written.flatMap((rule) => rule?.approval ?? [])]),
    appData,
  };
}

const APPROVALS: readonly Approval[] = ['automatic', 'per_competition', 'per_run'];

function strictestApproval(asked: readonly Approval[]): Approval {
  return APPROVALS.findLast((each) => asked.includes(each)) ?? 'per_run';
}
