import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeSubmission, competitionBundle } from '../harness/challenge.ts';
import { containersOf } from '../harness/docker.ts';
import type { Person, Submission } from '../harness/person.ts';
import { type Challenge, TestNetwork } from '../harness/test-network.ts';
import type { TestNode } from '../harness/test-node.ts';

let network: TestNetwork;
let node: TestNode;
/** What never ends is stopped soon. */
let impatient: Challenge;
/** However slow the machine, a program comes to its memory or disk limit, or to its end, long before its time is over. */
let patient: Challenge;
let ada: Person;

beforeAll(async () => {
  network = await TestNetwork.start();
  node = await network.addNode({ site: 'north', engine: 'docker', slots: 1 });
  impatient = await network.addChallenge(competitionBundle({ stepSeconds: 6 }));
  patient = await network.addChallenge(competitionBundle({ stepSeconds: 600 }));
  ada = await network.addParticipant('ada', impatient, patient);
});
afterAll(() => network[Symbol.asyncDispose]());

/** Runs a program to its bitter end; then the node must be as good as new. */
async function run({ phaseId }: Challenge, program: string): Promise<Submission> {
  const id = await ada.submit(phaseId, codeSubmission(program));
  const submission = await ada.submissionOver(id, { within: 100_000 });
  expect(await containersOf(await node.id())).toEqual([]);
  node.process.assertRunning();
  return submission;
}

async function expectNextRunWorks(): Promise<void> {
  const { status } = await run(patient, 'open("/app/output/prediction.txt", "w").write("1")');
  expect(status).toBe('Finished');
}

test.each([
  {
    what: 'time',
    code: 'prediction_time_limit',
    challenge: () => impatient,
    program: 'while True: pass',
  },
  {
    what: 'memory',
    code: 'prediction_memory_limit',
    challenge: () => patient,
    program: 'hoard = bytearray(5 << 30)',
  },
  {
    what: 'processes, by a fork bomb',
    code: 'prediction_time_limit',
    challenge: () => impatient,
    program: `import os
while True:
    try:
        os.fork()
    except OSError:
        pass
`,
  },
  {
    what: 'disk',
    code: 'prediction_disk_limit',
    challenge: () => patient,
    // Space that is taken without being written: two files, each smaller than the limit of one file.
    program: `import os, time
for name in "ab":
    with open(f"/app/output/{name}", "wb") as out:
        os.posix_fallocate(out.fileno(), 0, 6 << 30)
time.sleep(600)
`,
  },
])("$what: it is the participant's fault, and the next run works", async ({ code, challenge, program }) => {
  expect(await run(challenge(), program)).toMatchObject({
    status: 'Failed',
    explanation: { code, fault: 'participant' },
  });
  await expectNextRunWorks();
});

test('endless output is cut, kept within bounds, and the run ends by its time limit', async () => {
  const submission = await run(
    impatient,
    `import sys
while True:
    sys.stdout.write("x" * 1023 + "\\n")
`,
  );
  expect(submission).toMatchObject({ explanation: { code: 'prediction_time_limit' } });
  const { streams } = await ada.trpc.submissions.logs.query({ runId: submission.runs[0]!.id });
  const stdout = streams.find(({ stream }) => stream === 'prediction_stdout');
  expect(stdout).toMatchObject({ truncated: true });
  expect(stdout!.text.length).toBeGreaterThan(100_000);
  expect(stdout!.text.length).toBeLessThan(5_000_000);
  await expectNextRunWorks();
});
