import { expect, test } from 'vitest';
import { expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, competitionBundle } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';
import { waitFor } from '../harness/wait-for.ts';

const COPY = `with open("/app/input_data/value.txt") as value, open("/app/output/prediction.txt", "w") as out:
    out.write(value.read())
`;

const VALUES = { east: '0.25', north: '0.5', west: '0.75' } as const;

async function addSites(network: TestNetwork, sharesScores: boolean) {
  const nodes = [];
  for (const [site, value] of Object.entries(VALUES)) {
    const dataset = { input: { 'value.txt': value }, reference: { 'truth.txt': '1' } };
    nodes.push(await network.addNode({ site, engine: 'bubblewrap', dataset, sharesScores }));
  }
  return nodes;
}

const rule = { dataset: 'ward@1', quorum: 2 };

test('the score of two sites stands while the third is offline, which updates it with a mark', async () => {
  await using network = await TestNetwork.start();
  const [, , west] = await addSites(network, true);
  const challenge = await network.addChallenge(competitionBundle({ tasks: [{ siteData: rule }] }));
  const ada = await network.addParticipant('ada', challenge);
  await west!.process.stop();
  const id = await ada.submit(challenge.phaseId, codeSubmission(COPY));
  const finished = await ada.submissionOver(id, { within: 60_000 });
  expect(finished).toMatchObject({
    status: 'Finished',
    scores: [{ raw: 0.375 }],
    waiting: expect.stringContaining('Site west'),
    sites: { standing: 'partial', done: 2, of: 3, updatedAt: null, sentence: 'Still to come: Site west.' },
  });
  expect(finished.runs.map(({ scores }) => scores[0]?.value)).toEqual(['0.250', '0.500', undefined]);

  await west!.run();
  const late = await waitFor(
    'the late site to be in the score',
    () => ada.trpc.submissions.get.query({ id }),
    ({ sites }) => sites?.done === 3,
    { within: 60_000 },
  );
  expect(late).toMatchObject({ status: 'Finished', scores: [{ raw: 0.5 }], waiting: null });
  const { rows } = await ada.trpc.leaderboards.get.query({ phaseId: challenge.phaseId });
  expect(rows).toMatchObject([
    { scores: { score: { value: '0.500' } }, coverage: { done: 3, of: 3, updatedAt: expect.any(String) } },
  ]);
  await expectExactlyOnce(network.hub, [id]);
});

test('sites that keep their scores to themselves are shown together, or not at all', async () => {
  await using network = await TestNetwork.start();
  const [, , west] = await addSites(network, false);
  const challenge = await network.addChallenge(competitionBundle({ tasks: [{ siteData: rule }] }));
  const ada = await network.addParticipant('ada', challenge);
  await west!.process.stop();
  const id = await ada.submit(challenge.phaseId, codeSubmission(COPY));
  const two = await waitFor(
    'two sites to have answered',
    () => network.organizer.trpc.submissions.get.query({ id }),
    ({ runs }) => runs.filter(({ state }) => state === 'finished').length === 2,
    { within: 60_000 },
  );
  expect(two).toMatchObject({ status: 'Scoring', scores: [], sites: { standing: 'waiting' } });
  expect(two.runs.map(({ scores }) => scores)).toEqual([[], [], []]);

  await west!.run();
  expect(await ada.submissionOver(id, { within: 60_000 })).toMatchObject({
    status: 'Finished',
    scores: [{ raw: 0.5 }],
    sites: { standing: 'complete', done: 3, of: 3 },
  });
  const seen = await network.administrator.trpc.submissions.get.query({ id });
  expect(seen.runs.map(({ scores }) => scores)).toEqual([[], [], []]);
  const { rows } = await network.organizer.trpc.leaderboards.get.query({ phaseId: challenge.phaseId });
  expect(rows).toMatchObject([{ scores: { score: { value: '0.500' } }, perSite: [] }]);
});
