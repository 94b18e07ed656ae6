import { generateKeyPairSync } from 'node:crypto';
import { RefusalCode, WaitReason } from '@weir/proto/node/v1';
import { describe, expect, test } from 'vitest';
import { showPublicKey } from '../attestations/public-key.ts';
import { makeAttestation } from '../attestations/statement.ts';
import { adviseOn } from './advice.ts';
import { type Decision, decide, type PolicyFacts, type PolicyRequest } from './decide.ts';
import { RULES } from './rules.ts';
import { type Policy, policySchema } from './schema.ts';
import { keysOfSchema } from './testing/schema-keys.ts';

const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`;
const PROGRAM = digestOf('a');
const IMAGE = digestOf('c');
const HUB = digestOf('f');
const lab = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const attested = (digest: string, { privateKey } = lab) =>
  Buffer.from(makeAttestation([{ name: 'subject', digest }], privateKey));

const request: PolicyRequest = {
  hub: '',
  competition: { id: '7', title: 'Sepsis' },
  submitter: 'ada',
  submitterId: '1',
  attributes: { email_domain: 'hospital.example' },
  image: 'python:3.12',
  imageDigest: null,
  programs: [PROGRAM],
  attestations: [],
  dataset: null,
  rehearsal: false,
  resources: { memoryBytes: 4e9, cpuMillis: 2000, stepSeconds: 600, diskBytes: 1e9, gpus: 1 },
};
const onSiteData = { ...request, dataset: { name: 'sepsis', version: '1' } };
const fromElsewhere = { ...request, hub: 'south' };

const facts: PolicyFacts = {
  moment: 'assignment',
  now: new Date('2026-01-05T12:00:00Z'),
  runsToday: 3,
  runsTodayOfSubmitter: 2,
  hub: 'north',
  hubFingerprint: HUB,
  engine: 'docker',
};
const beforeContainer: PolicyFacts = { ...facts, moment: 'container' };

const open = {
  version: 1,
  hubs: 'any',
  competitions: 'any',
  submitters: 'any',
  images: 'any',
  programs: 'any',
  resources: { memory: '4GB', cpus: 2, step_seconds: 600, disk: '1GB', gpus: 1 },
  datasets: { sepsis: { competitions: 'any' } },
};
const policy = (changes: object = {}): Policy => policySchema.parse({ ...open, ...changes });
const resources = (changes: object) => ({ resources: { ...open.resources, ...changes } });
const dataset = (rule: object) => ({ datasets: { 'sepsis@1': { competitions: 'any', ...rule } } });
const signers = { lab: showPublicKey(lab.publicKey) };
const bySigner = { images: ['signed_by:lab'], signers };

test('all that is tried here is permitted by an open policy', () => {
  for (const asked of [request, onSiteData, fromElsewhere, { ...onSiteData, rehearsal: true }]) {
    expect(decide(policy(), asked, facts).permitted).toBe(true);
    expect(decide(policy(), asked, beforeContainer).permitted).toBe(true);
  }
});

test('without a policy nothing is permitted', () => {
  const refusal = { permitted: false, code: RefusalCode.NO_POLICY, rule: 'policy.yaml' };
  expect(decide(null, request, facts)).toEqual(refusal);
});

/** Key of the policy, what it says, what is asked, and by which rule and code that is refused. */
type Refusal = [key: string, said: object, asked: Partial<PolicyRequest>, rule: string, code: RefusalCode];
const { HUB: H, COMPETITION: C, SUBMITTER: S, PROGRAM: P, IMAGE: I, DATASET: D, RESOURCES: R } = RefusalCode;

const REFUSALS: Refusal[] = [
  ['hubs', { hubs: [] }, {}, 'hubs', H],
  ['hubs', { hubs: ['south'] }, {}, 'hubs', H],
  ['hubs', { hubs: [digestOf('e')] }, {}, 'hubs', H],
  ['hubs', { hubs: ['north'] }, { hub: 'south' }, 'hubs', H],
  ['hubs', { hubs: ['south'] }, { hub: 'south' }, 'hubs', H],
  ['hubs', { hubs: ['north', HUB] }, { hub: HUB }, 'hubs', H],
  ['competitions', { competitions: [] }, {}, 'competitions', C],
  ['competitions', { competitions: [8] }, {}, 'competitions', C],
  ['competitions', { competitions: [7] }, { hub: 'south' }, 'competitions', C],
  ['competitions', { competitions: ['7@south'] }, {}, 'competitions', C],
  ['competitions', { competitions: [7] }, { competition: { id: '8', title: '7' } }, 'competitions', C],
  ['submitters', { submitters: ['bob'] }, {}, 'submitters', S],
  ['submitters', { submitters: ['ada'] }, { hub: 'south' }, 'submitters', S],
  ['submitters', { submitters: ['ada@south'] }, { submitter: 'ada@south' }, 'submitters', S],
  ['attributes', { attributes: { email_domain: ['other.example'] } }, {}, 'attributes.email_domain', S],
  ['attributes', { attributes: { orcid: ['0'] } }, {}, 'attributes.orcid', S],
  ['attributes', { attributes: { email_domain: [] } }, {}, 'attributes.email_domain', S],
  ['programs', { programs: [digestOf('b')] }, {}, 'programs', P],
  ['programs', { programs: [PROGRAM] }, { programs: [PROGRAM, digestOf('b')] }, 'programs', P],
  ['programs', { programs: ['signed_by:lab'], signers }, {}, 'programs', P],
  ['programs', { programs: ['signed_by:lab'], signers }, { programs: ['signed_by:lab'] }, 'programs', P],
  ['images', { images: ['python:3.11'] }, {}, 'images', I],
  ['images', { images: [digestOf('d')] }, { image: digestOf('d'), imageDigest: IMAGE }, 'images', I],
  ['images', { images: [digestOf('d')] }, { imageDigest: IMAGE }, 'images', I],
  ['images', bySigner, { image: 'signed_by:lab', imageDigest: IMAGE }, 'images', I],
  ['images', bySigner, { imageDigest: IMAGE, attestations: [attested(digestOf('d'))] }, 'images', I],
  ['signers', bySigner, { imageDigest: IMAGE, attestations: [attested(IMAGE, stranger)] }, 'images', I],
  ['engines', { engines: ['podman'] }, {}, 'engines', RefusalCode.ENGINE],
  ['resources.memory', resources({ memory: '3GB' }), {}, 'resources.memory', R],
  ['resources.cpus', resources({ cpus: 1.9 }), {}, 'resources.cpus', R],
  ['resources.step_seconds', resources({ step_seconds: 599 }), {}, 'resources.step_seconds', R],
  ['resources.disk', resources({ disk: 1 }), {}, 'resources.disk', R],
  ['resources.gpus', resources({ gpus: 0 }), {}, 'resources.gpus', R],
  ['resources.gpus', resources({ gpus: undefined }), {}, 'resources.gpus', R],
  ['datasets', { datasets: {} }, onSiteData, 'datasets (no sepsis@1)', D],
  ['datasets', { datasets: { 'sepsis@2': open.datasets.sepsis } }, onSiteData, 'datasets (no sepsis@1)', D],
  [
    'datasets.*.competitions',
    dataset({ competitions: [8] }),
    onSiteData,
    'datasets.sepsis@1.competitions',
    D,
  ],
  ['datasets.*.submitters', dataset({ submitters: ['bob'] }), onSiteData, 'datasets.sepsis@1.submitters', D],
  [
    'datasets.*.attributes',
    dataset({ attributes: { orcid: ['0'] } }),
    onSiteData,
    'datasets.sepsis@1.attributes.orcid',
    D,
  ],
];

describe('what is refused, by which rule and with which code', () => {
  test.each(REFUSALS)('%s: %j', (_, said, asked, rule, code) => {
    const refusal = { permitted: false, code, rule };
    expect(decide(policy(said), { ...request, ...asked }, facts)).toEqual(refusal);
    expect(decide(policy(said), { ...request, ...asked }, beforeContainer)).toEqual(refusal);
  });
  test('a rehearsal needs all that the real run needs', () => {
    for (const [, said, asked, rule] of REFUSALS) {
      const rehearsal = { ...request, ...asked, rehearsal: true };
      expect(decide(policy(said), rehearsal, facts)).toMatchObject({ permitted: false, rule });
    }
  });
  test('an image that is only known by its digest is refused where the engine finds none', () => {
    for (const images of [[IMAGE], ['signed_by:lab']]) {
      const asked = { ...request, attestations: [attested(IMAGE)] };
      expect(decide(policy({ images, signers }), asked, facts).permitted).toBe(true);
      expect(decide(policy({ images, signers }), asked, beforeContainer).permitted).toBe(false);
    }
  });
});

const windows = (window: object) => ({ windows: [window] });
const noon = { from: '11:00', to: '13:00' };

test('a window that is open lets runs begin', () => {
  expect(decide(policy(windows({ days: ['mon'], ...noon })), request, facts).permitted).toBe(true);
});

/** Key, what it says, and how that keeps a run waiting. */
const WAITS: [key: string, said: object, waitsFor: WaitReason, until: string][] = [
  ['windows.*.from', windows({ from: '18:00', to: '06:00' }), WaitReason.WINDOW, '2026-01-05T18:00:00Z'],
  ['windows.*.to', windows({ from: '06:00', to: '12:00' }), WaitReason.WINDOW, '2026-01-06T06:00:00Z'],
  ['windows.*.days', windows({ days: ['tue'], ...noon }), WaitReason.WINDOW, '2026-01-06T11:00:00Z'],
  [
    'windows.*.timezone',
    windows({ ...noon, timezone: 'America/New_York' }),
    WaitReason.WINDOW,
    '2026-01-05T16:00:00Z',
  ],
  ['rate.runs_per_day', { rate: { runs_per_day: 3 } }, WaitReason.RATE, '2026-01-06T00:00:00Z'],
  [
    'rate.per_submitter_per_day',
    { rate: { per_submitter_per_day: 2 } },
    WaitReason.RATE,
    '2026-01-06T00:00:00Z',
  ],
];

test.each(WAITS)('%s: %j has a run wait, and one that has begun goes on', (key, said, waitsFor, until) => {
  const decision = decide(policy(said), request, facts);
  const rule = key.split('.*').at(0);
  expect(decision).toEqual({ permitted: 'later', waitsFor, until: new Date(until), rule });
  expect(decide(policy(said), request, beforeContainer).permitted).toBe(true);
});

test('what is refused does not wait first', () => {
  const said = { rate: { runs_per_day: 1 }, datasets: {} };
  expect(decide(policy(said), onSiteData, facts)).toMatchObject({ permitted: false });
});

describe('what is permitted by name', () => {
  const granted: [object, Partial<PolicyRequest>][] = [
    [{ hubs: ['north'] }, {}],
    [{ hubs: [HUB] }, {}],
    [{ hubs: ['north', 'south'] }, { hub: 'south' }],
    [{ competitions: [7] }, {}],
    [{ competitions: ['7@north'] }, {}],
    [{ competitions: ['7@south'] }, { hub: 'south' }],
    [{ submitters: ['ada@south'] }, { hub: 'south' }],
    [{ attributes: { email_domain: ['other.example', 'hospital.example'] } }, {}],
    [{ programs: ['signed_by:lab'], signers }, { attestations: [attested(PROGRAM)] }],
    [{ images: [IMAGE] }, { imageDigest: IMAGE }],
    [bySigner, { imageDigest: IMAGE, attestations: [attested(IMAGE, stranger), attested(IMAGE)] }],
  ];
  test.each(granted)('%j for %j', (said, asked) => {
    expect(decide(policy(said), { ...request, ...asked }, beforeContainer).permitted).toBe(true);
  });
});

describe('whom the site asks first', () => {
  const asked = (said: object, of: PolicyRequest) => decide(policy(said), of, facts);
  const strictDataset = dataset({ approval: 'per_run' });
  test('nobody, unless the policy says so', () => {
    expect(asked({}, onSiteData)).toMatchObject({ approval: 'automatic' });
    expect(asked({ approval: 'per_competition' }, request)).toMatchObject({ approval: 'per_competition' });
  });
  test('a dataset may ask for more than the rest, and not for less', () => {
    expect(asked(strictDataset, request)).toMatchObject({ approval: 'automatic' });
    expect(asked(strictDataset, onSiteData)).toMatchObject({ approval: 'per_run' });
    const lax = { ...dataset({ approval: 'automatic' }), approval: 'per_run' };
    expect(asked(lax, onSiteData)).toMatchObject({ approval: 'per_run' });
  });
});

describe('which rules of egress apply', () => {
  const said = {
    egress: {
      hub_data: { logs: 'full', outputs: 'yes' },
      site_data: { logs: 'codes', scores: { decimals: 3, most: 2 } },
      rehearsal: { logs: 'full' },
    },
    ...dataset({ egress: { logs: 'none', scores: { decimals: 2 } } }),
  };
  const cases: [string, PolicyRequest, object][] = [
    [
      'data of the hub',
      request,
      { kind: 'hub_data', siteData: false, egress: { logs: 'full', outputs: 'yes' } },
    ],
    [
      'data of the site, with the keys that its dataset replaces',
      onSiteData,
      {
        kind: 'site_data',
        siteData: true,
        rule: 'datasets.sepsis@1',
        egress: { logs: 'none', outputs: 'no', scores: { decimals: 2, most: 2, minCases: 10 } },
      },
    ],
    [
      'a rehearsal',
      { ...onSiteData, rehearsal: true },
      {
        kind: 'rehearsal',
        siteData: false,
        rule: 'egress.rehearsal',
        egress: { logs: 'full', outputs: 'no' },
      },
    ],
  ];
  test.each(cases)('%s', (_, asked, expected) => {
    expect(decide(policy(said), asked, facts)).toMatchObject(expected);
  });
  test('nothing but scores, by default', () => {
    for (const asked of [request, onSiteData, { ...onSiteData, rehearsal: true }]) {
      const egress = { logs: 'none', reports: 'no', outputs: 'no' };
      expect(decide(policy(), asked, facts)).toMatchObject({ egress });
    }
  });
});

describe('what is shown at /app/data', () => {
  const mounting = (rules: object) =>
    policy({ datasets: rules, mount_at_app_data: { dataset: 'sepsis@1', steps: ['scoring'] } });
  const shown = (decision: Decision) => (decision.permitted === true ? decision.appData : 'refused');

  test('a dataset that the run may have; it then counts as a run with data of the site', () => {
    const decision = decide(mounting({ sepsis: { competitions: [7], approval: 'per_run' } }), request, facts);
    expect(decision).toMatchObject({ kind: 'site_data', siteData: true, approval: 'per_run' });
    expect(shown(decision)).toEqual({ name: 'sepsis', version: '1', steps: ['scoring'] });
  });
  test('nothing when the dataset is not for this run, and nothing in a rehearsal', () => {
    const decision = decide(mounting({ sepsis: { competitions: [8] } }), request, facts);
    expect(decision).toMatchObject({ kind: 'hub_data', appData: null });
    const rehearsal = decide(mounting(open.datasets), { ...onSiteData, rehearsal: true }, facts);
    expect(rehearsal).toMatchObject({ kind: 'rehearsal', appData: null });
  });
  test('beside another dataset, under the stricter rules of both', () => {
    const rules = {
      sepsis: { competitions: 'any', egress: { logs: 'codes', scores: { decimals: 6, min_cases: 5 } } },
      stroke: { competitions: 'any', egress: { logs: 'none', scores: { decimals: 1, min_cases: 3 } } },
    };
    const both = decide(mounting(rules), { ...request, dataset: { name: 'stroke', version: '1' } }, facts);
    expect(both).toMatchObject({ egress: { logs: 'none', scores: { decimals: 1, minCases: 5 } } });
  });
});

/** Keys whose refusals do not come from a rule, and where they are tried instead. */
const TRIED_ELSEWHERE: Readonly<Record<string, string>> = {
  version: 'parse.test.ts: another version is no policy',
  approval: 'above: whom the site asks first',
  'datasets.*.approval': 'above: whom the site asks first',
  organizations: 'console/server.test.ts: nobody reviews for their own organization, known by its domains',
  'datasets.*.nodes': 'below: nodes of one site share its budgets',
  'mount_at_app_data.dataset': 'above: what is shown at /app/data',
  'mount_at_app_data.steps': 'above: what is shown at /app/data',
  'reviewers.*.organization': 'people: nobody reviews for their own organization',
};

test('every key of the policy is tried with something that it refuses', () => {
  const tried = [...REFUSALS, ...WAITS].map(([key]) => key).concat(Object.keys(TRIED_ELSEWHERE));
  const keys = keysOfSchema(policySchema);
  expect(keys).toEqual(expect.arrayContaining(['hubs', 'resources.gpus', 'datasets.*.attributes']));
  // What leaves is tried key by key in egress-rules.test.ts.
  const missing = keys.filter((key) => !/(^|\.)egress\./.test(key) && !tried.includes(key));
  expect(missing).toEqual([]);
});

test('every rule is one that refuses something here', () => {
  const tried = new Set([...REFUSALS, ...WAITS].map(([key]) => key.split('.')[0]));
  expect(RULES.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
});

describe('nodes of one site share its budgets', () => {
  const budget = { per_submitter_bits: 100, per_dataset_bits: 1000 };
  const budgetOf = (rule: object, nodesOfSite?: number) => {
    const here = nodesOfSite === undefined ? facts : { ...facts, nodesOfSite };
    const said = policy({ ...dataset(rule), egress: { site_data: { budget } } });
    const decision = decide(said, onSiteData, here);
    return decision.permitted === true ? decision.egress.budget : null;
  };
  const whole = { perSubmitterBits: 100, perDatasetBits: 1000 };

  test.each([
    ['a node alone', {}, undefined, whole],
    ['two, by what the hub says', {}, 2, { perSubmitterBits: 50, perDatasetBits: 500 }],
    [
      'three of two: the policy counts',
      { nodes: 3 },
      2,
      { perSubmitterBits: 33.333, perDatasetBits: 333.333 },
    ],
    ['one of two, since the other holds other data', { nodes: 1 }, 2, whole],
    [
      'the rule’s own budget',
      { nodes: 2, egress: { budget: { per_submitter_bits: 7 } } },
      1,
      { perSubmitterBits: 3.5, perDatasetBits: 500 },
    ],
    [
      'no limit',
      { nodes: 2, egress: { budget: { per_submitter_bits: 'unlimited', per_dataset_bits: 'unlimited' } } },
      1,
      { perSubmitterBits: null, perDatasetBits: null },
    ],
  ])('%s', (_, rule, nodesOfSite, expected) => {
    expect(budgetOf(rule, nodesOfSite)).toEqual(expected);
  });

  test('what could be given out twice is said', () => {
    const adviceOn = (rule: object, nodesOfSite: number) =>
      adviseOn(
        policy({ ...dataset(rule), egress: { site_data: { review: { scores: 'never', logs: 'never' } } } }),
        nodesOfSite,
      ).map(({ place }) => place);
    expect(adviceOn({}, 1)).toEqual([]);
    expect(adviceOn({}, 2)).toEqual(['datasets.sepsis@1.nodes']);
    expect(adviceOn({ nodes: 1 }, 2)).toEqual(['datasets.sepsis@1.nodes']);
    expect(adviceOn({ nodes: 2 }, 2)).toEqual([]);
    expect(() => policy(dataset({ nodes: 0 }))).toThrow();
  });
});
