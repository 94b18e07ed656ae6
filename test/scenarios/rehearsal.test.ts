import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeSubmission, competitionBundle } from '../harness/challenge.ts';
import type { Person } from '../harness/person.ts';
import { type Challenge, TestNetwork } from '../harness/test-network.ts';

/** Tells what it sees, as people debug. */
const TALKATIVE = `value = open("/app/input_data/value.txt").read()
print("the data says", value)
with open("/app/output/prediction.txt", "w") as out:
    out.write(value)
`;

let network: TestNetwork;
let challenge: Challenge;
let ada: Person;

beforeAll(async () => {
  network = await TestNetwork.start();
  const real = { input: { 'value.txt': '0.25' }, reference: { 'truth.txt': '1' } };
  const synthetic = {
    'synthetic-input': { 'value.txt': '0.5' },
    'synthetic-reference': { 'truth.txt': '1' },
  };
  await network.addNode({ site: 'north', engine: 'bubblewrap', dataset: { ...real, ...synthetic } });
  await network.addNode({ site: 'south', engine: 'bubblewrap', dataset: real });
  challenge = await network.addChallenge(
    competitionBundle({ tasks: [{ siteData: 'ward@1' }], submissionRule: 'Force_Last' }),
  );
  ada = await network.addParticipant('ada', challenge);
});
afterAll(() => network[Symbol.asyncDispose]());

async function rehearse(site?: string) {
  const { phaseId } = challenge;
  const resourceKey = await ada.rest.upload('submission', codeSubmission(TALKATIVE), 'submission.zip');
  return ada.trpc.submissions.create.mutate({ phaseId, resourceKey, rehearsal: true, ...(site && { site }) });
}

test('a rehearsal runs on made-up data with everything shown, and stands on no board', async () => {
  const { rehearsal } = await ada.trpc.submissions.allowance.query({ phaseId: challenge.phaseId });
  expect(rehearsal).toMatchObject({ sites: [{ name: 'north', online: true }], usedToday: 0 });

  const { id } = await rehearse();
  const submission = await ada.submissionOver(id, { within: 60_000 });

  expect(submission.explanation).toBeNull();
  expect(submission).toMatchObject({ isRehearsal: true, status: 'Finished', onLeaderboard: false });
  expect(submission.runs).toMatchObject([{ site: { name: 'north' }, scores: [{ value: '0.500' }] }]);
  const { streams } = await ada.trpc.submissions.logs.query({ runId: submission.runs[0]!.id });
  const printed = streams.map(({ text }) => text).join('');
  expect(printed).toContain('the data says 0.5');
  expect(printed).not.toContain('0.25');
  expect(submission.files.map(({ kind }) => kind)).toContain('prediction_result');
  const { rows } = await ada.trpc.leaderboards.get.query({ phaseId: challenge.phaseId });
  expect(rows).toEqual([]);
  expect(await ada.trpc.submissions.allowance.query({ phaseId: challenge.phaseId })).toMatchObject({
    usedInAll: 0,
    rehearsal: { usedToday: 1, inFlight: 0 },
  });
});

test('a site without made-up data is not rehearsed at, and says so', async () => {
  await expect(rehearse('south')).rejects.toThrow(/no synthetic data/);
});
