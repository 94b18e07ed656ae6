import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostileArchives, lyingArchives } from '../fixtures/archives/hostile.ts';
import { expectExactlyOnce } from '../harness/accounting.ts';
import { competitionBundle, resultSubmission, scriptedBundle } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';
import type { TestNode } from '../harness/test-node.ts';

/** Unusual, but harmless where a submission is unpacked into a folder of its own on Linux. */
const HARMLESS_AT_A_NODE = new Set([
  'line break in a name',
  'name that is not UTF-8',
  'case collision',
  'case collision of folders',
  'composed and decomposed',
  'too deep',
  'overlapping entries',
  'no entries',
]);

let network: TestNetwork;
let node: TestNode;

beforeAll(async () => {
  network = await TestNetwork.start();
  node = await network.addNode({ site: 'north', slots: 4 });
});
afterAll(() => network[Symbol.asyncDispose]());

test.each(Object.entries(hostileArchives))('a bundle is refused: %s', async (_, { code, build }) => {
  const creation = await network.organizer.createCompetition(build());
  expect(creation.status).toBe('Failed');
  expect(creation.problems.map((problem) => problem.code)).toContain(code);
});

test('after all of them a good bundle makes a competition', async () => {
  const { status } = await network.organizer.createCompetition(competitionBundle());
  expect(status).toBe('Finished');
});

test('a hostile submission fails as the fault of who sent it, and writes nothing outside of its folder', async () => {
  const challenge = await network.addChallenge(scriptedBundle('', { submissionRule: 'Add' }));
  const mallory = await network.addParticipant('mallory', challenge);
  const archives = Object.entries({ ...hostileArchives, ...lyingArchives });
  const ids = new Map<string, number>();
  for (const [name, { build }] of archives) {
    const content = build();
    if (content.length > 0) ids.set(name, await mallory.submit(challenge.phaseId, content));
  }
  for (const [name, id] of ids) {
    const { status, explanation } = await mallory.submissionOver(id);
    if (HARMLESS_AT_A_NODE.has(name) && status === 'Finished') continue;
    expect([name, explanation?.fault]).toEqual([name, 'participant']);
    expect(['submission_unreadable', 'prediction_output_refused']).toContain(explanation?.code);
  }
  for (const path of [
    '/etc/cron.d/x',
    '/etc/x',
    '/tmp/y',
    '/x',
    join(node.home, 'runs', 'x'),
    join(node.home, 'x'),
  ])
    expect(existsSync(path)).toBe(false);
  expect(await readdir(join(node.home, 'runs'))).toEqual([]);

  const ada = await network.addParticipant('ada', challenge);
  const good = await ada.submit(challenge.phaseId, resultSubmission());
  expect(await ada.submissionOver(good)).toMatchObject({ status: 'Finished' });
  await expectExactlyOnce(network.hub, [...ids.values(), good]);
});
