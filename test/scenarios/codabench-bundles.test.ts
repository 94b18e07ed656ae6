import { afterAll, beforeAll, expect, test } from 'vitest';
import { competitionBundle, type Files, zip } from '../harness/challenge.ts';
import { type Challenge, TestNetwork } from '../harness/test-network.ts';
import { waitFor } from '../harness/wait-for.ts';

/** What Codabench's own worker gives for bundles written for it and for CodaLab, to the last of ten decimals. */

let network: TestNetwork;
beforeAll(async () => {
  network = await TestNetwork.start();
  await network.addNode({ site: 'north', engine: 'docker' });
});
afterAll(() => network[Symbol.asyncDispose]());

const IMAGE = process.env.WEIR_TEST_IMAGE ?? 'weir/python:3';

test('a scoring program of CodaLab: `python`, $-names, a shell, `key:value`, the time of the ingestion', async () => {
  const challenge = await network.addChallenge(
    bundleOf({
      'competition.yaml': `
title: 予備戦
description: version 1.5
image: logo.gif
competition_docker_image: ${IMAGE}
has_registration: False
end_date: null
html:
    overview: overview.md
    terms: terms.md
    参加チーム一覧: overview.md
phases:
    1:
        phasenumber: 1
        label: "Development"
        start_date: 2020-01-15 18:53:00+00:00 # YYYY-MM-DD
        max_submissions: 0
        is_scoring_only: False
        ingestion_program: ingestion.zip
        input_data: input.zip
        scoring_program: scoring.zip
        reference_data: reference.zip
leaderboard:
    leaderboards:
        Results: &RESULTS
            label: RESULTS
            rank: 1
    columns:
        duration_known:
            leaderboard: *RESULTS
            label: Duration
            rank: 2
        set1_score:
            leaderboard:
                label: results
            label: Score
            numeric_format: 4
            rank: 1
`,
      'input.zip': zip({ 'x.txt': '1 2 4' }),
      'reference.zip': zip({ 'truth.txt': '3\n' }),
      'ingestion.zip': zip({
        metadata:
          'command: python $ingestion_program/ingestion.py $input $output $submission_program\ndescription: x\n',
        'ingestion.py': `
import sys
source, output, submission = sys.argv[1:]
sys.path.append(submission)
import model
numbers = [float(word) for word in open(source + '/x.txt').read().split()]
open(output + '/prediction.txt', 'w').write(repr(model.predict(numbers)))
sys.exit(1)
`,
      }),
      'scoring.zip': zip({
        metadata: 'command: bash $program/score.sh $input/res $hidden $output "a b"\r\n',
        'score.sh': `
set -e
test "$4" = "a b"
echo kept > score.txt
echo changed >> $2/truth.txt
python3 - "$@" <<'END'
import sys
prediction, truth, output = sys.argv[1:4]
times = dict(line.strip().split(': ') for line in open(prediction + '/metadata'))
assert times['exitCode'] == 'null' and times['ingestionExitCode'] == '1', times
value = float(open(prediction + '/prediction.txt').read()) / float(open(truth + '/truth.txt').readline())
with open(output + '/scores.txt', 'w') as scores:
    scores.write('set1_score:%r\\n' % value)
    scores.write('duration_known:%d\\n' % (float(times['elapsedTime']) > 0))
END
`,
      }),
    }),
  );
  expect(await scoresOf(challenge, { 'model.py': 'def predict(numbers): return sum(numbers)\n' })).toEqual({
    set1_score: '2.3333333333',
    duration_known: '1.0000000000',
  });
});

test('ingestion beside scoring: both talk through /app/shared, and the submission is what is scored', async () => {
  const answer = `
import os, sys, time
sys.path.append(sys.argv[1])
import agent
while not os.path.exists('/app/shared/question'): time.sleep(0.02)
with open('/app/shared/answer.part', 'w') as file:
    file.write(str(agent.answer(float(open('/app/shared/question').read()))))
os.rename('/app/shared/answer.part', '/app/shared/answer')
`;
  const ask = `
import json, os, time
with open('/app/shared/question.part', 'w') as file: file.write('0.3')
os.rename('/app/shared/question.part', '/app/shared/question')
while not os.path.exists('/app/shared/answer'): time.sleep(0.02)
assert os.path.exists('/app/input/res/agent.py')
answer = float(open('/app/shared/answer').read())
json.dump({'score': answer, 'unasked': 1, 'none': None}, open('/app/output/scores.json', 'w'))
`;
  const challenge = await network.addChallenge(
    bundleOf({
      'competition.yaml': versionTwo(
        [
          'scoring_program: scoring/',
          'ingestion_program: ingestion',
          "ingestion_only_during_scoring: 'True'",
        ],
        ['key: score', 'key: none'],
      ),
      'ingestion/metadata.yaml': 'command: python3 ingestion.py $submission_program',
      'ingestion/ingestion.py': answer,
      'scoring/metadata.yaml': 'command: python3 score.py',
      'scoring/score.py': ask,
    }),
  );
  expect(await scoresOf(challenge, { 'agent.py': 'def answer(x): return x / 3\n' })).toEqual({
    score: '0.1000000000',
  });
});

test('scores between two decimals, computed columns, numbers as text', async () => {
  const scoring = {
    'scoring/metadata': 'command: python3 score.py $input/res/scores.txt $output/scores.txt',
    'scoring/score.py': 'import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])',
  };
  const yaml = versionTwo(
    ['scoring_program: scoring'],
    [
      'key: a',
      'key: b',
      'key: mean, computation: avg, computation_indexes: [0, 1]',
      'key: rank, computation: avg_rank, computation_indexes: [0]',
    ],
  );
  const challenge = await network.addChallenge(bundleOf({ 'competition.yaml': yaml, ...scoring }));
  expect(await scoresOf(challenge, { 'scores.txt': 'a: 0.00048828125\nb: 1e-05\nB: 7\n' })).toEqual({
    a: '0.0004882812',
    b: '0.0000100000',
    mean: '0.0002491406',
  });
  expect(await scoresOf(challenge, { 'scores.txt': "a: '1'\nb: 0.3333333333333333\n" })).toEqual({
    a: '1.0000000000',
    b: '0.3333333333',
    mean: '0.6666666666',
  });
});

/** With the logo, the terms and the page of the harness's bundles. */
function bundleOf(files: Files): Buffer {
  return competitionBundle({ files });
}

function versionTwo(task: readonly string[], columns: readonly string[]): string {
  return `
version: 2
title: Version 2
image: logo.gif
terms: terms.md
docker_image: ${IMAGE}
registration_auto_approve: True
pages:
  - {title: Overview, file: overview.md}
phases:
  - name: Main
    start: 1-15-2020
    tasks: [0]
tasks:
  - index: 0
    name: Task
${task.map((line) => `    ${line}\n`).join('')}
leaderboards:
  - title: Results
    key: main
    columns:
${columns.map((column, index) => `      - {index: ${index}, title: Column ${index}, ${column}}\n`).join('')}`;
}

/** Scores of a new submission of the organizer, as the REST API tells them. */
async function scoresOf(challenge: Challenge, files: Files): Promise<Record<string, string>> {
  const { organizer } = network;
  const id = await organizer.submit(challenge.phaseId, zip(files));
  const submission = await waitFor(
    `submission ${id} to be over`,
    async () => (await organizer.rest.get(`/api/submissions/${id}/`)).body as ScoredSubmission,
    ({ status }) => ['Finished', 'Failed'].includes(status),
    { within: 60_000 },
  );
  expect(submission).toMatchObject({ status: 'Finished', status_details: null });
  return Object.fromEntries(submission.scores.map(({ column_key, score }) => [column_key, score]));
}

interface ScoredSubmission {
  readonly status: string;
  readonly scores: readonly { readonly column_key: string; readonly score: string }[];
}
