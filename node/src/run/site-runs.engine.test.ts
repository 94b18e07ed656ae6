import { LogLevel, LogStream, OutputKind } from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import { waitFor } from '../testing/wait.ts';
import { type AssignmentInit, SITE_RULES, TestSite } from './testing/test-site.ts';

const bubblewrap = { engine: 'bubblewrap' } as const;

/** Says in its log what it is shown, and scores by it. */
async function showing(site: TestSite, changes: AssignmentInit = {}): Promise<AssignmentInit> {
  return await site.assignment('', {
    limits: { stepSeconds: 20, memoryBytes: 1n << 30n, cpuMillis: 1000, pids: 64, diskBytes: 1n << 28n },
    submission: await site.web.addZip({
      'metadata.yaml': 'command: sh $program/predict.sh $output',
      'predict.sh': 'cat /app/input_data/data.txt; cp /app/input_data/data.txt $1/; ls /app/input/ref',
    }),
    scoringProgram: await site.web.addZip({
      'metadata.yaml': 'command: sh $program/score.sh $output',
      'score.sh': [
        'cat /app/input/ref/data.txt; echo',
        'printf "\\033[31mred\\033[0m patient 654321\\n" >&2',
        `echo '{"auc": 0.5}' > $1/scores.json`,
        'echo 12 > $1/cases.json',
        'echo "<p>report</p>" > $1/detailed_results.html',
      ].join('\n'),
    }),
    ...changes,
  });
}

function said(site: TestSite, stream: LogStream): string {
  const chunks = site.hub.chunks.filter((chunk) => chunk.stream === stream);
  return Buffer.concat(chunks.map(({ text }) => text)).toString();
}

test('a rehearsal is shown the synthetic data, with full logs', { timeout: 60_000 }, async () => {
  await using site = await TestSite.open(SITE_RULES, bubblewrap);
  await site.permit({ egress: { site_data: SITE_RULES, rehearsal: { logs: 'full' } } });
  site.hub.enqueue(await showing(site, { rehearsal: true }));
  await site.start();
  await waitFor('the outcome', () => site.hub.outcomes.length === 1, 30_000);
  expect(site.hub.outcomes[0]?.result.case).toBe('scores');
  await waitFor('the logs', () => said(site, LogStream.SCORING_STDERR).includes('red'));
  expect(said(site, LogStream.PREDICTION_STDOUT)).toContain('nobody');
  expect(said(site, LogStream.SCORING_STDOUT)).toContain('nobody');
  expect(said(site, LogStream.SCORING_STDERR)).toContain('\u001b[31m');
});

test('a run on the data themselves: scrubbed logs and a counted report', { timeout: 60_000 }, async () => {
  const rules = {
    ...SITE_RULES,
    logs: 'scrubbed',
    scrub: [{ pattern: '\\d{6}', replace: '[id]' }],
    reports: 'yes',
    report_bytes: 1000,
    budget: { per_submitter_bits: 'unlimited', per_dataset_bits: 'unlimited' },
  };
  await using site = await TestSite.open(rules, bubblewrap);
  const outputs = [
    { kind: OutputKind.DETAILED_RESULT, url: '/out/report', maxBytes: 1_000_000n },
    { kind: OutputKind.SCORING_RESULT, url: '/out/scoring', maxBytes: 1_000_000n },
  ];
  site.hub.enqueue(await showing(site, { outputs, logLevel: LogLevel.SCRUBBED }));
  await site.start();
  await waitFor('the outcome', () => site.hub.outcomes.length === 1, 30_000);
  expect(site.hub.outcomes[0]?.result.case).toBe('scores');
  expect(said(site, LogStream.PREDICTION_STDOUT)).toContain('patient [id]');
  expect(said(site, LogStream.SCORING_STDOUT)).toContain('red patient [id]\n');
  expect([...site.web.outputs]).toEqual([['/out/report', Buffer.from('<p>report</p>\n')]]);
  await site.stop();
  const releases = (await site.ledger()).filter((event) => event.kind === 'release');
  expect(releases.map(({ what }) => what)).toEqual(['scores', 'logs', 'report']);
  expect(releases[2]?.bits).toBeGreaterThanOrEqual(8 * 14);
});
