import { RefusalCode } from '@weir/proto/node/v1';
import { describe, expect, test } from 'vitest';
import { decide, type PolicyFacts, type PolicyRequest } from './decide.ts';
import { type Policy, policySchema } from './schema.ts';

const program = `sha256:${'a'.repeat(64)}`;

const request: PolicyRequest = {
  hub: '',
  competition: { id: '7', title: 'Sepsis' },
  submitter: 'ada',
  submitterId: '1',
  attributes: {},
  image: 'python:3.12',
  imageDigest: null,
  attestations: [],
  rehearsal: false,
  programs: [program],
  dataset: null,
  resources: { memoryBytes: 4e9, cpuMillis: 2000, stepSeconds: 600, diskBytes: 1e9, gpus: 0 },
};

const facts: PolicyFacts = {
  moment: 'assignment',
  now: new Date('2026-01-05T12:00:00Z'),
  runsToday: 0,
  runsTodayOfSubmitter: 0,
  hub: 'north',
  hubFingerprint: `sha256:${'f'.repeat(64)}`,
  engine: 'scripted',
};

const onSiteData = { ...request, dataset: { name: 'sepsis', version: '1' } };

const open = {
  version: 1,
  hubs: 'any',
  competitions: 'any',
  submitters: 'any',
  images: 'any',
  programs: 'any',
  resources: { memory: '4GB', cpus: 2, step_seconds: 600, disk: '1GB' },
};

const policy = (changes: object = {}): Policy => policySchema.parse({ ...open, ...changes });

describe('what is refused, and by which rule', () => {
  const cases: [string, Policy | null, PolicyRequest, RefusalCode, string][] = [
    ['no policy', null, request, RefusalCode.NO_POLICY, 'policy.yaml'],
    [
      'another competition',
      policy({ competitions: ['8'] }),
      request,
      RefusalCode.COMPETITION,
      'competitions',
    ],
    ['an empty list', policy({ competitions: [] }), request, RefusalCode.COMPETITION, 'competitions'],
    ['another submitter', policy({ submitters: ['bob'] }), request, RefusalCode.SUBMITTER, 'submitters'],
    ['another image', policy({ images: ['python:3.11'] }), request, RefusalCode.IMAGE, 'images'],
    [
      'another program',
      policy({ programs: [`sha256:${'b'.repeat(64)}`] }),
      request,
      RefusalCode.PROGRAM,
      'programs',
    ],
    [
      'too much memory',
      policy({ resources: { ...open.resources, memory: '3GB' } }),
      request,
      RefusalCode.RESOURCES,
      'resources.memory',
    ],
    [
      'too many cores',
      policy({ resources: { ...open.resources, cpus: 1 } }),
      request,
      RefusalCode.RESOURCES,
      'resources.cpus',
    ],
    [
      'too much time',
      policy({ resources: { ...open.resources, step_seconds: 60 } }),
      request,
      RefusalCode.RESOURCES,
      'resources.step_seconds',
    ],
    [
      'too much disk',
      policy({ resources: { ...open.resources, disk: 1 } }),
      request,
      RefusalCode.RESOURCES,
      'resources.disk',
    ],
    ['a dataset not named', policy(), onSiteData, RefusalCode.DATASET, 'datasets (no sepsis@1)'],
    [
      'a dataset of another version',
      policy({ datasets: { 'sepsis@2': { competitions: 'any' } } }),
      onSiteData,
      RefusalCode.DATASET,
      'datasets (no sepsis@1)',
    ],
    [
      'a dataset for another competition',
      policy({ datasets: { 'sepsis@1': { competitions: ['8'] }, sepsis: { competitions: 'any' } } }),
      onSiteData,
      RefusalCode.DATASET,
      'datasets.sepsis@1.competitions',
    ],
    [
      'a dataset for another submitter',
      policy({ datasets: { sepsis: { competitions: 'any', submitters: ['bob'] } } }),
      onSiteData,
      RefusalCode.DATASET,
      'datasets.sepsis.submitters',
    ],
  ];
  test.each(cases)('%s', (_, given, asked, code, rule) => {
    expect(decide(given, asked, facts)).toEqual({ permitted: false, code, rule });
  });
});

test('a competition is named by its id, whatever its title', () => {
  expect(decide(policy({ competitions: [7] }), request, facts).permitted).toBe(true);
  const impostor = { ...request, competition: { id: '8', title: request.competition.title } };
  expect(decide(policy({ competitions: [7] }), impostor, facts).permitted).toBe(false);
  expect(() => policy({ competitions: ['Sepsis'] })).toThrow(/titles do not count/);
});

test('a competition does not pass for another one by calling itself like its id', () => {
  const impostor = { ...request, competition: { id: '8', title: '7' } };
  expect(decide(policy({ competitions: [7] }), impostor, facts).permitted).toBe(false);
});

describe('what may leave', () => {
  const generous = policy({
    egress: { hub_data: { logs: 'full', outputs: 'yes' } },
    datasets: { sepsis: { competitions: 'any' } },
  });

  test('nothing by default', () => {
    expect(decide(policy(), request, facts)).toMatchObject({
      egress: { logs: 'none', outputs: 'no' },
      appData: null,
    });
  });
  test('logs and outputs of runs on data of the hub, where permitted', () => {
    expect(decide(generous, request, facts)).toMatchObject({ egress: { logs: 'full', outputs: 'yes' } });
  });
  test('neither of runs on data of the site', () => {
    expect(decide(generous, onSiteData, facts)).toMatchObject({ egress: { logs: 'none', outputs: 'no' } });
  });
});

describe('what is shown at /app/data', () => {
  const mounting = (datasets: object) =>
    policy({
      egress: { hub_data: { logs: 'full', outputs: 'yes' } },
      datasets,
      mount_at_app_data: { dataset: 'sepsis@1', steps: ['scoring'] },
    });

  test('a dataset that the run may have; it then counts as a run with data of the site', () => {
    expect(decide(mounting({ sepsis: { competitions: ['7'] } }), request, facts)).toMatchObject({
      permitted: true,
      kind: 'site_data',
      siteData: true,
      egress: { logs: 'none', outputs: 'no' },
      appData: { name: 'sepsis', version: '1', steps: ['scoring'] },
    });
  });
  test('nothing when the dataset is not for this run', () => {
    const decision = decide(mounting({ sepsis: { competitions: ['8'] } }), request, facts);
    expect(decision).toMatchObject({
      siteData: false,
      egress: { logs: 'full', outputs: 'yes' },
      appData: null,
    });
  });
});
