import { expect, test } from 'vitest';
import { expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, competitionBundle, zip } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';

/** Would give the site's data away, if what it prints and writes could leave. */
const TALKATIVE = `import os
value = open("/app/input_data/value.txt").read()
print("the data says", value)
assert not os.path.exists("/app/input/ref"), "participant code sees answers"
with open("/app/output/prediction.txt", "w") as out:
    out.write(value)
`;

test('code runs next to the data of two sites; the board has the mean, and nothing but scores leaves', async () => {
  await using network = await TestNetwork.start();
  const sites = { north: ['0.25', '1'], south: ['0.75', '1'] } as const;
  for (const [site, [value, truth]] of Object.entries(sites)) {
    const dataset = { input: { 'value.txt': value }, reference: { 'truth.txt': truth } };
    await network.addNode({ site, engine: 'bubblewrap', dataset, sharesScores: true });
  }
  const challenge = await network.addChallenge(competitionBundle({ tasks: [{ siteData: 'ward@1' }] }));
  const ada = await network.addParticipant('ada', challenge);

  const id = await ada.submit(challenge.phaseId, codeSubmission(TALKATIVE));
  const submission = await ada.submissionOver(id, { within: 60_000 });

  expect(submission.explanation).toBeNull();
  expect(submission).toMatchObject({ status: 'Finished', scores: [{ raw: 0.5 }] });
  const bySite = Object.fromEntries(
    submission.runs.map(({ site, scores }) => [site?.name, scores[0]?.value]),
  );
  expect(bySite).toEqual({ north: '0.250', south: '0.750' });
  const { rows } = await ada.trpc.leaderboards.get.query({ phaseId: challenge.phaseId });
  expect(rows).toMatchObject([
    {
      scores: { score: { value: '0.500' } },
      coverage: { done: 2, of: 2 },
      perSite: [{ scores: { score: '0.250' } }, { scores: { score: '0.750' } }],
    },
  ]);
  expect(submission.files.map(({ kind }) => kind)).toEqual(['submission']);
  for (const { id: runId } of submission.runs) {
    const { streams } = await network.organizer.trpc.submissions.logs.query({ runId });
    expect(streams.filter(({ text }) => text !== '')).toEqual([]);
  }
  await expectExactlyOnce(network.hub, [id]);
});

test('a score that the task did not announce keeps the whole release at the site', async () => {
  await using network = await TestNetwork.start();
  const dataset = { input: { 'value.txt': '0.5' }, reference: { 'truth.txt': '1' } };
  await network.addNode({ site: 'north', engine: 'bubblewrap', dataset });
  const smuggle = `import json
with open("/app/output/scores.json", "w") as out:
    json.dump({"score": 0.5, "patient_17": 42}, out)
`;
  const challenge = await network.addChallenge(
    competitionBundle({
      tasks: [{ siteData: 'ward@1' }],
      scoringProgram: { metadata: 'command: python3 score.py\n', 'score.py': smuggle },
    }),
  );
  const ada = await network.addParticipant('ada', challenge);
  const id = await ada.submit(challenge.phaseId, zip({ 'prediction.txt': '1' }));
  const submission = await ada.submissionOver(id, { within: 60_000 });
  expect(submission).toMatchObject({
    status: 'Failed',
    scores: [],
    explanation: { code: 'refused_release' },
  });
});
