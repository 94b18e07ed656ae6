import { RefusalCode, WaitReason } from '@weir/proto/node/v1';
import { findSigned } from '../attestations/signers.ts';
import type { Later, Permission, PolicyFacts, PolicyRequest, Refused } from './decide.ts';
import { type PermittedList, type Policy, signerIn } from './schema.ts';
import { findNextOpening } from './windows.ts';

/** One thing that a policy may say about a run. `check` answers with null when it has no objection. */
export interface PolicyRule {
  /** The key of the policy that it reads. */
  readonly name: keyof Policy;
  check(policy: Policy, request: PolicyRequest, facts: PolicyFacts): Refused | Later | null;
}

/** In the order in which they are asked: who, what, with how much, on which data, when. */
export const RULES: readonly PolicyRule[] = [
  {
    name: 'hubs',
    check: ({ hubs }, request, { hub, hubFingerprint }) => {
      const atTheLink = permitsName(hubs, hub) || permitsDigest(hubs, hubFingerprint);
      const known = atTheLink && (isLocal(request, hub) || permitsName(hubs, request.hub));
      return known ? null : refuse(RefusalCode.HUB, 'hubs');
    },
  },
  {
    name: 'competitions',
    check: ({ competitions }, request, facts) =>
      permitsCompetition(competitions, request, facts)
        ? null
        : refuse(RefusalCode.COMPETITION, 'competitions'),
  },
  {
    name: 'submitters',
    check: ({ submitters }, request, facts) =>
      permitsSubmitter(submitters, request, facts) ? null : refuse(RefusalCode.SUBMITTER, 'submitters'),
  },
  {
    name: 'attributes',
    check: ({ attributes }, request) => {
      const missing = findMissingAttribute(attributes, request);
      return missing === null ? null : refuse(RefusalCode.SUBMITTER, `attributes.${missing}`);
    },
  },
  {
    name: 'programs',
    check: (policy, request) =>
      request.programs.every((program) => permitsContent(policy, policy.programs, program, request))
        ? null
        : refuse(RefusalCode.PROGRAM, 'programs'),
  },
  {
    name: 'images',
    check: (policy, request, facts) =>
      permitsImage(policy, request, facts) ? null : refuse(RefusalCode.IMAGE, 'images'),
  },
  {
    name: 'engines',
    check: ({ engines }, _, { engine }) =>
      permits(engines, engine) ? null : refuse(RefusalCode.ENGINE, 'engines'),
  },
  {
    name: 'resources',
    check: ({ resources }, request) => {
      const excess = findExcess(resources, request.resources);
      return excess === null ? null : refuse(RefusalCode.RESOURCES, `resources.${excess}`);
    },
  },
  {
    name: 'datasets',
    check: (policy, request, facts) => {
      const { dataset } = request;
      if (dataset === null) return null;
      const place = datasetPlaceFor(policy, dataset);
      if (place === null) {
        return refuse(RefusalCode.DATASET, `datasets (no ${dataset.name}@${dataset.version})`);
      }
      const objection = findDatasetObjection(policy, place, request, facts);
      return objection === null ? null : refuse(RefusalCode.DATASET, `datasets.${place}.${objection}`);
    },
  },
  {
    name: 'windows',
    check: ({ windows }, _, { moment, now }) => {
      if (moment !== 'assignment' || windows === undefined) return null;
      const until = findNextOpening(windows, now);
      return until === null ? null : later(WaitReason.WINDOW, 'windows', until);
    },
  },
  {
    name: 'rate',
    check: ({ rate }, _, { moment, now, runsToday, runsTodayOfSubmitter }) => {
      if (moment !== 'assignment') return null;
      if (rate.runs_per_day !== undefined && runsToday >= rate.runs_per_day) {
        return later(WaitReason.RATE, 'rate.runs_per_day', nextMidnight(now));
      }
      if (rate.per_submitter_per_day !== undefined && runsTodayOfSubmitter >= rate.per_submitter_per_day) {
        return later(WaitReason.RATE, 'rate.per_submitter_per_day', nextMidnight(now));
      }
      return null;
    },
  },
];

/** The key of `datasets` that speaks of a dataset: the exact version goes before the name. */
export function datasetPlaceFor(
  { datasets }: Policy,
  { name, version }: { readonly name: string; readonly version: string },
): string | null {
  const exact = `${name}@${version}`;
  if (Object.hasOwn(datasets, exact)) return exact;
  return Object.hasOwn(datasets, name) ? name : null;
}

/**
 * What is shown at /app/data has to be permitted for the run like any other dataset; otherwise it is not there. A rehearsal sees
 * nothing of the site's but the synthetic part of its own dataset.
 */
export function findAppData(
  policy: Policy,
  request: PolicyRequest,
  facts: PolicyFacts,
): Permission['appData'] {
  const mount = policy.mount_at_app_data;
  if (!mount || request.rehearsal) return null;
  const [name = '', version = ''] = mount.dataset.split('@');
  const place = datasetPlaceFor(policy, { name, version });
  if (place === null || findDatasetObjection(policy, place, request, facts) !== null) return null;
  return { name, version, steps: mount.steps };
}

function findDatasetObjection(
  { datasets }: Policy,
  place: string,
  request: PolicyRequest,
  facts: PolicyFacts,
): string | null {
  const rule = datasets[place];
  if (!rule) return 'competitions';
  if (!permitsCompetition(rule.competitions, request, facts)) return 'competitions';
  if (!permitsSubmitter(rule.submitters, request, facts)) return 'submitters';
  const missing = findMissingAttribute(rule.attributes, request);
  return missing === null ? null : `attributes.${missing}`;
}

function permits(list: PermittedList, item: string): boolean {
  return list === 'any' || list.includes(item);
}

/** Whether a word of the list speaks of something by what it is, not by how somebody calls it. Nothing passes for one by its name. */
function isDigestOrSigner(word: string): boolean {
  return /^(sha256|signed_by):/.test(word);
}

function permitsName(list: PermittedList, name: string): boolean {
  return list === 'any' || (!isDigestOrSigner(name) && list.includes(name));
}

function permitsDigest(list: PermittedList, digest: string): boolean {
  return list === 'any' || (digest.startsWith('sha256:') && list.includes(digest));
}

/** `7` is the competition of the hub at the other end of the link; another hub's has the hub's name behind it. */
function permitsCompetition(list: PermittedList, request: PolicyRequest, { hub }: PolicyFacts): boolean {
  return permitsOfHub(list, request.competition.id, request, hub);
}

function permitsSubmitter(list: PermittedList, request: PolicyRequest, { hub }: PolicyFacts): boolean {
  return permitsOfHub(list, request.submitter, request, hub);
}

function permitsOfHub(list: PermittedList, item: string, request: PolicyRequest, hub: string): boolean {
  if (permits(list, `${item}@${request.hub || hub}`)) return true;
  // A user name with an `@` in it must not pass for somebody of another hub.
  return isLocal(request, hub) && !item.includes('@') && permits(list, item);
}

function isLocal(request: PolicyRequest, hub: string): boolean {
  return request.hub === '' || request.hub === hub;
}

function findMissingAttribute(
  wanted: Readonly<Record<string, readonly string[]>>,
  { attributes }: PolicyRequest,
): string | null {
  for (const [name, values] of Object.entries(wanted)) {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    // Several that a hub vouches for are on lines of their own.
    if (!value?.split('\n').some((each) => values.includes(each))) return name;
  }
  return null;
}

/** By its digest, or by who has signed it. */
function permitsContent(
  policy: Policy,
  list: PermittedList,
  digest: string,
  request: PolicyRequest,
): boolean {
  if (permitsDigest(list, digest) || list === 'any') return true;
  const trusted = list.flatMap((word) => signerIn(word) ?? []);
  if (trusted.length === 0) return false;
  const signers = findSigned(request.attestations, policy.signers).get(digest);
  return trusted.some((name) => signers?.has(name));
}

function permitsImage(policy: Policy, request: PolicyRequest, { moment }: PolicyFacts): boolean {
  const { images } = policy;
  const { image, imageDigest } = request;
  if (permitsName(images, image)) return true;
  // At assignment the engine has not looked yet; before the first container it has, and the policy is asked again.
  if (imageDigest === null)
    return moment === 'assignment' && images !== 'any' && images.some(isDigestOrSigner);
  return permitsContent(policy, images, imageDigest, request);
}

function findExcess(most: Policy['resources'], wanted: PolicyRequest['resources']): string | null {
  if (wanted.memoryBytes > most.memory) return 'memory';
  if (wanted.cpuMillis > most.cpus * 1000) return 'cpus';
  if (wanted.stepSeconds > most.step_seconds) return 'step_seconds';
  if (wanted.diskBytes > most.disk) return 'disk';
  if (wanted.gpus > most.gpus) return 'gpus';
  return null;
}

function later(waitsFor: WaitReason, rule: string, until: Date): Later {
  return { permitted: 'later', until, waitsFor, rule };
}

/** Days are counted in UTC. */
function nextMidnight(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
}

function refuse(code: RefusalCode, rule: string): Refused {
  return { permitted: false, code, rule };
}
