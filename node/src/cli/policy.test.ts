import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { AssignmentSchema } from '@weir/proto/node/v1';
import { describe, expect, test, vi } from 'vitest';
import { type Home, homeAt } from '../home/home.ts';
import { Ledger, type LedgerEvent } from '../ledger/ledger.ts';
import { FakeHub } from '../link/testing/fake-hub.ts';
import { createLogger } from '../logging/logger.ts';
import { assignmentEvent } from '../policy/assignment-event.ts';
import { readPolicy } from '../policy/policy-file.ts';
import { enrolHome } from '../testing/enrolled-home.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { weirNode } from './testing/weir-node.ts';

const POLICY = `version: 1
hubs: any
competitions: [7]
submitters: any
images: any
programs: any
resources: { memory: 4GB, cpus: 2, step_seconds: 600, disk: 1GB }
windows: [{ from: "18:00", to: "06:00" }]
datasets:
  sepsis@1: { competitions: [7], submitters: [ada] }
organizations: { North Hospital: [north.example] }
...
`;

const CASES = `cases:
  - name: ada at night
    run: { competition: 7, submitter: ada, dataset: sepsis@1, at: "2026-01-05T20:00:00Z", resources: { memory: 4GB } }
    expect: permitted
    kind: site_data
  - name: bob does not see patients
    run: { competition: 7, submitter: bob, dataset: sepsis@1, at: "2026-01-05T20:00:00Z" }
    expect: refused
    rule: datasets
    code: DATASET
  - name: nobody by day
    run: { competition: 7, submitter: ada, at: "2026-01-05T12:00:00Z" }
    expect: later
    rule: windows
`;

// Each command is a process of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

async function setUp(policy = POLICY) {
  const folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await writeFile(at('policy.yaml'), policy);
  await writeFile(at('policy.test.yaml'), CASES);
  return { at, home: folder.path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('policy apply puts a draft in force that is in order, and no other', async () => {
  await using site = await setUp();
  await writeFile(site.at('draft.yaml'), POLICY.replace('competitions: [7]', 'competitions: [8]'));
  expect((await weirNode('policy', 'apply', site.at('draft.yaml'), '--home', site.home)).code).toBe(0);
  expect((await readPolicy(site.at('policy.yaml'))).policy.competitions).toEqual(['8']);
  await writeFile(site.at('draft.yaml'), POLICY.slice(0, -5));
  const refused = await weirNode('policy', 'apply', site.at('draft.yaml'), '--home', site.home);
  expect(refused).toMatchObject({ code: 3, err: expect.stringContaining('the end is missing') });
  expect((await readPolicy(site.at('policy.yaml'))).policy.competitions).toEqual(['8']);
});

describe('policy check', () => {
  test('names every problem with its line, place and cure', async () => {
    await using site = await setUp(
      POLICY.replace('hubs: any', 'hub: any').replace('...', 'rate: { runs_per_day: 0 }\n...'),
    );
    const { code, err } = await weirNode('policy', 'check', '--home', site.home);
    expect(code).toBe(3);
    expect(err).toMatch(/line 2: hub: there is no such key/);
    expect(err).toMatch(/hubs: is missing: write `any` or a list/);
    expect(err).toMatch(/line 12: rate.runs_per_day: has to be above 0/);
  });
  test('says what the steward hardly means', async () => {
    await using site = await setUp(
      POLICY.replace('...', 'egress: { site_data: { review: { reviewers: 2 } } }\n...'),
    );
    const { code, out } = await weirNode('policy', 'check', '--home', site.home);
    expect(code).toBe(0);
    expect(out).toMatch(/in order, sha256:[0-9a-f]{64}/);
    expect(out).toMatch(
      /note: datasets.sepsis@1: releases are reviewed by two people, and only the steward reviews/,
    );
    expect(out).not.toContain('nodes');
  });
});

describe('policy test', () => {
  test('tries the cases beside the policy, before there is a node', async () => {
    await using site = await setUp();
    const { code, out } = await weirNode('policy', 'test', '--home', site.home);
    expect(out.split('\n')).toEqual([
      'pass  ada at night',
      'pass  bob does not see patients',
      'pass  nobody by day',
      '3 of 3 cases as expected',
      '',
    ]);
    expect(code).toBe(0);
  });
  test('says what a policy decides otherwise, and fails', async () => {
    await using site = await setUp(POLICY.replace('submitters: [ada]', 'submitters: [bob]'));
    const { code, out } = await weirNode(
      'policy',
      'test',
      site.at('policy.test.yaml'),
      '--policy',
      site.at('policy.yaml'),
    );
    expect(code).toBe(1);
    expect(out).toContain('FAIL  ada at night: is refused with DATASET (datasets.sepsis@1.submitters)');
    expect(out).toContain('FAIL  bob does not see patients: is permitted as site_data');
    expect(out).toContain('1 of 3 cases as expected');
  });
  test('names what is wrong with a case', async () => {
    await using site = await setUp();
    await writeFile(
      site.at('policy.test.yaml'),
      'cases:\n  - name: x\n    run: { team: a }\n    expect: maybe\n',
    );
    const { code, err } = await weirNode('policy', 'test', '--home', site.home);
    expect(code).toBe(3);
    expect(err).toMatch(/line 3: cases.0.run.team: there is no such key/);
    expect(err).toMatch(/line 4: cases.0.expect: write `permitted`/);
  });
});

describe('policy explain', () => {
  test('says which rule decided at each moment, and whether today’s policy would', async () => {
    await using hub = await FakeHub.start();
    await using folder = await temporaryFolder();
    await enrolHome(folder.path, hub);
    const home = homeAt(folder.path);
    await writeFile(home.policy, POLICY);
    const { digest } = await readPolicy(home.policy);
    await record(home, digest);

    const then = await weirNode('policy', 'explain', '12', '--home', folder.path);
    expect(then.code).toBe(0);
    expect(then.out).toMatch(/run 12, attempt 1/);
    expect(then.out).toMatch(/competition 7 of test, submitted by ada, on sepsis@1/);
    expect(then.out).toMatch(/before anything was done for it: permitted by `datasets.sepsis@1`/);
    expect(then.out).toMatch(/before a container: permitted/);
    expect(then.out).toMatch(
      /before anything left: refused by `submitters`, which says that the submitter is not one of those/,
    );
    expect(then.out.match(/the policy is the same today/g)).toHaveLength(2);
    expect(then.out).toMatch(/the policy of today decides otherwise: permitted as site_data/);

    await writeFile(
      home.policy,
      POLICY.replace('competitions: [7]\nsubmitters', 'competitions: []\nsubmitters'),
    );
    const now = await weirNode('policy', 'explain', '12', '--home', folder.path);
    expect(now.out.match(/decides otherwise: refused with COMPETITION \(competitions\)/g)).toHaveLength(3);

    const unknown = await weirNode('policy', 'explain', '13', '--home', folder.path);
    expect(unknown).toMatchObject({ code: 1, out: '' });
    expect(unknown.err).toMatch(/knows no run 13/);
  });
});

/** What a node records of a run whose submitter was taken off the policy before it could let out anything. */
async function record(home: Home, policy: string): Promise<void> {
  await using ledger = await Ledger.open(home.ledger, createLogger('silent'));
  const assignment = create(AssignmentSchema, {
    runId: 12n,
    attempt: 1,
    competitionId: 7n,
    phaseId: 1n,
    submissionId: 3n,
    submitter: 'ada',
    submitterId: 5n,
    image: 'python:3.12',
    siteData: { name: 'sepsis', version: '1', reference: true },
  });
  await ledger.append(assignmentEvent(assignment, { hub: 'test', engine: 'docker' }));
  const decision = { kind: 'decision', run: '12', attempt: 1, policy, imageDigest: null } as const;
  const permitted = { ...decision, permitted: true, rule: 'datasets.sepsis@1' };
  const events: LedgerEvent[] = [
    { ...permitted, at: 'assignment' },
    { ...permitted, at: 'container' },
    {
      ...decision,
      at: 'release',
      permitted: false,
      rule: 'submitters',
      policy: `sha256:${'0'.repeat(64)}`,
    },
  ];
  for (const event of events) await ledger.append(event);
}
