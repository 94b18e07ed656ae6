import { expect, test } from 'vitest';
import { competitionBundle, zip } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';

const question = { is_required: 'true', is_on_leaderboard: 'true', selection: '' };

/** Participant code beside the scoring program: the submission is a dataset, which it measures. It looks for the answers as well. */
const INGESTION = {
  metadata: 'command: python3 ingest.py\n',
  'ingest.py': `import os
rows = open("/app/ingested_program/data.csv").read().split()
with open("/app/output/prediction.txt", "w") as out:
    out.write(str(len(rows)))
print("sees", os.path.exists("/app/input/fact_sheet"))
`,
};

const SCORING = {
  metadata: 'command: python3 score.py\n',
  'score.py': `import json
answers = json.load(open("/app/input/fact_sheet/answers.json"))
rows = int(open("/app/input/res/prediction.txt").read())
json.dump({"score": rows * float(answers["weight"]), "open": int(answers["open"] is True)}, open("/app/output/scores.json", "w"))
`,
};

test('a dataset is submitted to one of two tasks, and the scoring program alone reads the answers of its fact sheet', async () => {
  await using network = await TestNetwork.start();
  await network.addNode({ site: 'north', engine: 'bubblewrap' });
  const challenge = await network.addChallenge(
    competitionBundle({
      tasks: [{ ingestionProgram: INGESTION }, { ingestionProgram: INGESTION }],
      scoringProgram: SCORING,
      columns: ['score', 'open'],
      factSheet: {
        weight: { ...question, type: 'select', title: 'Weight', selection: ['0.5', '2.5'] },
        open: { ...question, type: 'checkbox', title: 'Open source' },
      },
    }),
  );
  const ada = await network.addParticipant('ada', challenge);
  const { trpc, rest } = ada;
  const competition = await trpc.competitions.get.query({ id: challenge.id });
  const taskId = competition.phases[0]!.tasks[1]!.id;
  const resourceKey = await rest.upload('submission', zip({ 'data.csv': 'a\nb\nc\n' }), 'data.zip');
  const request = { phaseId: challenge.phaseId, resourceKey, taskIds: [taskId] };

  await expect(
    trpc.submissions.create.mutate({ ...request, factSheetAnswers: { weight: '3', open: true } }),
  ).rejects.toThrow('is one of: 0.5, 2.5');
  const factSheetAnswers = { weight: '2.5', open: true };
  const { id } = await trpc.submissions.create.mutate({ ...request, factSheetAnswers });

  const submission = await ada.submissionOver(id);
  expect(submission).toMatchObject({
    status: 'Finished',
    taskId,
    children: [],
    scores: [
      { columnKey: 'score', raw: 7.5 },
      { columnKey: 'open', raw: 1 },
    ],
  });
  const logs = await trpc.submissions.logs.query({ runId: submission.runs[0]!.id });
  expect(logs.streams.map(({ text }) => text).join('')).toContain('sees False');
  const board = await trpc.leaderboards.get.query({ phaseId: challenge.phaseId });
  expect(board.rows).toMatchObject([{ factSheetAnswers }]);
});
