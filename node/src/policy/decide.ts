import { RefusalCode } from '@weir/proto/node/v1';
import type { PermittedList, Policy } from './schema.ts';

/** What the policy is asked about: a run as the hub describes it. */
export interface PolicyRequest {
  readonly competition: { readonly id: string; readonly title: string };
  readonly submitter: string;
  readonly image: string;
  /** Digests of the organizer's programs. */
  readonly programs: readonly string[];
  /** The site dataset of the task, null when all its data come from the hub. */
  readonly dataset: { readonly name: string; readonly version: string } | null;
  readonly resources: {
    readonly memoryBytes: number;
    readonly cpuMillis: number;
    readonly stepSeconds: number;
    readonly diskBytes: number;
  };
}

export type Decision = Permission | Refused;

export interface Permission {
  readonly permitted: true;
  /** Whether the run sees data of the site, as its task's dataset or at /app/data. */
  readonly siteData: boolean;
  readonly logs: 'none' | 'full';
  readonly outputs: boolean;
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

/**
 * Decides about a run: the one place where a policy is interpreted. Deny by default; pure, so that a site can try a policy on paper.
 * The first rule that says no decides. Without a policy nothing is permitted.
 */
export function decide(policy: Policy | null, request: PolicyRequest): Decision {
  if (policy === null) return refuse(RefusalCode.NO_POLICY, 'policy.yaml');
  const { competition, submitter, image, programs, dataset } = request;
  if (!permits(policy.competitions, competition.id)) {
    return refuse(RefusalCode.COMPETITION, 'competitions');
  }
  if (!permits(policy.submitters, submitter)) return refuse(RefusalCode.SUBMITTER, 'submitters');
  if (!permits(policy.images, image)) return refuse(RefusalCode.IMAGE, 'images');
  if (!programs.every((program) => permits(policy.programs, program))) {
    return refuse(RefusalCode.PROGRAM, 'programs');
  }
  const excess = findExcess(policy.resources, request.resources);
  if (excess) return refuse(RefusalCode.RESOURCES, `resources.${excess}`);
  if (dataset) {
    const rule = findDatasetRule(policy, dataset);
    if (rule === null) {
      return refuse(RefusalCode.DATASET, `datasets (no ${dataset.name}@${dataset.version})`);
    }
    if (!permitsDataset(policy, rule, request)) return refuse(RefusalCode.DATASET, `datasets.${rule}`);
  }
  const appData = findAppData(policy, request);
  const siteData = dataset !== null || appData !== null;
  return {
    permitted: true,
    siteData,
    logs: siteData ? policy.logs.site_data : policy.logs.hub_data,
    outputs: !siteData && policy.outputs === 'hub_data_only',
    appData,
  };
}

/** What is shown at /app/data has to be permitted for the run like any other dataset. */
function findAppData(policy: Policy, request: PolicyRequest): Permission['appData'] {
  const mount = policy.mount_at_app_data;
  if (!mount) return null;
  const [name = '', version = ''] = mount.dataset.split('@');
  const rule = findDatasetRule(policy, { name, version });
  if (rule === null || !permitsDataset(policy, rule, request)) return null;
  return { name, version, steps: mount.steps };
}

function permitsDataset(policy: Policy, place: string, { competition, submitter }: PolicyRequest): boolean {
  const rule = policy.datasets[place];
  return (
    rule !== undefined && permits(rule.competitions, competition.id) && permits(rule.submitters, submitter)
  );
}

function refuse(code: RefusalCode, rule: string): Refused {
  return { permitted: false, code, rule };
}

function permits(list: PermittedList, item: string): boolean {
  return list === 'any' || list.includes(item);
}

/** A rule for the exact version goes before one for the name. */
function findDatasetRule(
  policy: Policy,
  { name, version }: { name: string; version: string },
): string | null {
  const exact = `${name}@${version}`;
  if (Object.hasOwn(policy.datasets, exact)) return exact;
  return Object.hasOwn(policy.datasets, name) ? name : null;
}

function findExcess(most: Policy['resources'], wanted: PolicyRequest['resources']): string | null {
  if (wanted.memoryBytes > most.memory) return 'memory';
  if (wanted.cpuMillis > most.cpus * 1000) return 'cpus';
  if (wanted.stepSeconds > most.step_seconds) return 'step_seconds';
  if (wanted.diskBytes > most.disk) return 'disk';
  return null;
}
