import { timestampMs } from '@bufbuild/protobuf/wkt';
import { FailureCode, OutputKind, RefusalCode } from '@weir/proto/node/v1';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LedgerEvent } from '../ledger/events.ts';
import { waitFor } from '../testing/wait.ts';
import { SITE_RULES, TestSite } from './testing/test-site.ts';

/**
 * Programs that read data of the site and try to carry them to the hub. Participant and organizer work together here: the scoring program
 * itself is hostile. Each tries all of SECRETS, one dataset for each; what counts is how many different things the hub gets to see.
 */
const SECRETS = ['0', '1', '2', '3'];
const BUCKET_MS = 1000;

/** `$s` is the secret. Without a line that says otherwise the score is 0.5. */
interface Attack {
  readonly script: string;
  /** How many different things the hub may see over all the secrets, and what they are. */
  readonly seen: number;
  readonly result: object;
}

const plainScores = { case: 'scores', value: { values: { auc: 0.5 } } };
const refused = (code: RefusalCode) => ({ case: 'refusal', value: { code } });
const failed = (code: FailureCode) => ({ case: 'failure', value: { code } });
const honest = `echo '{"auc":0.5}' > $1/scores.json`;

const attacks: Record<string, Attack> = {
  'low digits': { script: `echo "{\\"auc\\":0.5000$s}" > $1/scores.json`, seen: 1, result: plainScores },
  'the sign of nothing': {
    script: `[ $s = 0 ] && v=-0.0 || v=0.0; echo "{\\"auc\\":$v}" > $1/scores.json`,
    seen: 1,
    result: { case: 'scores', value: { values: { auc: 0 } } },
  },
  'ways to write a number': {
    script: `case $s in 0) v=0.5;; 1) v=5e-1;; 2) v=0.50000;; 3) v=50E-2;; esac; echo "{\\"auc\\":$v}" > $1/scores.json`,
    seen: 1,
    result: plainScores,
  },
  'white space and key order': {
    script: `[ $s -gt 1 ] && echo ' { "f1" : 0.5, "auc" : 0.5 } ' > $1/scores.json || echo '{"auc":0.5,"f1":0.5}' > $1/scores.json`,
    seen: 1,
    result: { case: 'scores', value: { values: { auc: 0.5, f1: 0.5 } } },
  },
  'names of extra keys': {
    script: `echo "{\\"auc\\":0.5,\\"patient_$s\\":1}" > $1/scores.json`,
    seen: 1,
    result: refused(RefusalCode.RELEASE),
  },
  'a key that comes twice': {
    script: `echo "{\\"auc\\":0.5,\\"auc\\":0.$s}" > $1/scores.json`,
    seen: 1,
    result: refused(RefusalCode.RELEASE),
  },
  'huge numbers': {
    script: `echo "{\\"auc\\":1${'0'.repeat(9)}$s}" > $1/scores.json`,
    seen: 1,
    result: failed(FailureCode.SCORES_OUT_OF_RANGE),
  },
  'out of range': {
    script: `echo "{\\"auc\\":2$s}" > $1/scores.json`,
    seen: 1,
    result: refused(RefusalCode.SCORE_RANGE),
  },
  'what it prints': { script: `${honest}; echo secret $s; echo secret $s >&2`, seen: 1, result: plainScores },
  'a report': { script: `${honest}; echo "<p>$s" > $1/detailed_results.html`, seen: 1, result: plainScores },
  'file names': { script: `${honest}; touch $1/$s`, seen: 1, result: plainScores },
  'sizes of files': {
    script: `${honest}; head -c "$s"00000 /dev/zero > $1/big`,
    seen: 1,
    result: plainScores,
  },
  'counts of cases': { script: `${honest}; echo 4$s > $1/cases.json`, seen: 1, result: plainScores },
  'exit codes': { script: `${honest}; exit 1$s`, seen: 1, result: failed(FailureCode.SCORING_FAILED) },
  signals: { script: `${honest}; kill -1$s $$`, seen: 1, result: failed(FailureCode.SCORING_FAILED) },
  'run time': { script: `${honest}; sleep 0.$s`, seen: 1, result: plainScores },
  'a link to the data': {
    script: `ln -s /app/input/ref/data.txt $1/scores.json`,
    seen: 1,
    result: failed(FailureCode.SCORES_UNREADABLE),
  },
  'a pipe': { script: `mkfifo $1/scores.json`, seen: 1, result: failed(FailureCode.SCORES_UNREADABLE) },
  'the scores themselves': {
    script: `echo "{\\"auc\\":0.$s}" > $1/scores.json`,
    seen: SECRETS.length,
    result: { case: 'scores' },
  },
};

let site: TestSite;

beforeAll(async () => {
  const unlimited = { per_submitter_bits: 'unlimited', per_dataset_bits: 'unlimited' };
  site = await TestSite.open(
    { ...SITE_RULES, timing: { bucket: '1s' }, budget: unlimited },
    { engine: 'bubblewrap', slots: 2 },
  );
  for (const secret of SECRETS) await site.register(`s${secret}`, secret);
  await site.start();
}, 60_000);
afterAll(() => site[Symbol.asyncDispose]());

let lastRun = 0n;

test.each(Object.entries(attacks))('%s', { timeout: 60_000 }, async (_, { script, seen, result }) => {
  const scoring = {
    'metadata.yaml': 'command: sh $program/score.sh $output',
    'score.sh': `s=$(cat /app/input/ref/data.txt)\n${script}\n`,
  };
  const scoringProgram = await site.web.addZip(scoring);
  const submission = await site.web.addZip({ 'answer.csv': '1\n' });
  const runs = SECRETS.map((secret) => {
    lastRun += 1n;
    return { runId: lastRun, secret };
  });
  const outputs = [OutputKind.PREDICTION_RESULT, OutputKind.SCORING_RESULT, OutputKind.DETAILED_RESULT];
  for (const { runId, secret } of runs) {
    site.hub.enqueue(
      await site.assignment('', {
        runId,
        scoringProgram,
        submission,
        siteData: { name: 'sepsis', version: `s${secret}`, reference: true },
        scoreColumns: ['auc', 'f1'].map((key) => ({ key, min: 0, max: 1, decimals: 3 })),
        outputs: outputs.map((kind) => ({ kind, url: `/out/${runId}/${kind}`, maxBytes: 1_000_000n })),
      }),
    );
  }
  const found = () =>
    runs.map(({ runId }) => site.hub.outcomes.find((each) => each.attempt?.runId === runId));
  await waitFor('the outcomes', () => found().every((each) => each !== undefined), 50_000);
  const transcripts = new Set<string>();
  for (const outcome of found()) {
    expect(outcome!.result).toMatchObject(result);
    expect(timestampMs(outcome!.startedAt!) % BUCKET_MS).toBe(0);
    expect(timestampMs(outcome!.finishedAt!) % BUCKET_MS).toBe(0);
    const states = site.states(outcome!.attempt!.runId);
    transcripts.add(JSON.stringify([outcome!.result, outcome!.imageDigest, new Set(states).size > 0]));
  }
  expect(transcripts.size).toBe(seen);
  expect(site.hub.chunks).toEqual([]);
  expect(site.web.outputs.size).toBe(0);
});

test('what all of it was charged is no less than what the hub could have learnt', async () => {
  await site.stop();
  let charged = 0;
  for (let runId = 1n; runId <= lastRun; runId += 1n) {
    const events: readonly LedgerEvent[] = await site.ledger(runId);
    const bits = events.map((event) => (event.kind === 'release' ? event.bits : 0));
    charged += bits.reduce((sum, each) => sum + each, 0);
  }
  // Each run told one of at least as many things as there are secrets.
  expect(charged).toBeGreaterThan(Number(lastRun) * Math.log2(SECRETS.length));
});
