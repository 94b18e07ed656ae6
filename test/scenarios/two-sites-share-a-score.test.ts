import { expect, test } from 'vitest';
import { expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, competitionBundle, zip } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';
import { PERMISSIVE } from '../harness/test-node.ts';

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

test('of logs leaves the lower of what the competition asks for and what the site lets out', async () => {
  await using network = await TestNetwork.start();
  const dataset = { input: { 'value.txt': '0.25' }, reference: { 'truth.txt': '1' } };
  const scrub = `    logs: scrubbed
    scrub: [{ pattern: '[0-9.]+', replace: '#' }]`;
  const policy = PERMISSIVE.replace('    logs: none', scrub);
  await network.addNode({ site: 'north', engine: 'bubblewrap', dataset, policy });
  const tasks = [{ siteData: 'ward@1' }];
  const open = await network.addChallenge(competitionBundle({ tasks, logs: 'full' }));
  const closed = await network.addChallenge(competitionBundle({ tasks, logs: 'codes' }));
  const ada = await network.addParticipant('ada', open, closed);
  const read = async ({ phaseId }: typeof open, program: string) => {
    const id = await ada.submit(phaseId, codeSubmission(program));
    const { explanation, runs } = await ada.submissionOver(id, { within: 60_000 });
    expect(explanation).toBeNull();
    const logs = await ada.trpc.submissions.logs.query({ runId: runs[0]!.id });
    return { ...logs, text: logs.streams.map(({ text }) => text).join('') };
  };

  const scrubbed = await read(open, TALKATIVE);
  expect(scrubbed).toMatchObject({ level: 'scrubbed', seesSiteData: true, permitted: true });
  expect(scrubbed.text).toContain('the data says #\n');
  expect(scrubbed.text).not.toMatch(/[0-9]/);
  // Another program: the same one would be answered from the ledger, and run nothing that could print.
  const codes = await read(closed, `${TALKATIVE}print("again")\n`);
  expect(codes).toMatchObject({ level: 'codes', seesSiteData: true, permitted: true });
  expect(codes.text).not.toContain('the data says');
  expect(codes.text).toBe('The programs of this step ended by themselves, with exit code 0.\n'.repeat(2));
});
