import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attemptOutcomes, expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, competitionBundle } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';
import { PERMISSIVE } from '../harness/test-node.ts';
import { waitFor } from '../harness/wait-for.ts';

const program = (
  remark: string,
) => `with open("/app/input_data/value.txt") as value, open("/app/output/prediction.txt", "w") as out:
    out.write(value.read())
# ${remark}
`;

const slowly = (code: string) => `import time\ntime.sleep(3)\n${code}`;

test('a competition of one hub is scored at a site of another, whose processes are killed meanwhile', async () => {
  await using alpha = await TestNetwork.start({ env: { WEIR_HUB_NAME: 'alpha' } });
  await using beta = await TestNetwork.start({ env: { WEIR_HUB_NAME: 'beta' } });
  const node = await beta.addNode({
    site: 'south',
    engine: 'bubblewrap',
    dataset: {
      input: { 'value.txt': '0.25' },
      reference: { 'truth.txt': '1' },
      'synthetic-input': { 'value.txt': '0.5' },
      'synthetic-reference': { 'truth.txt': '1' },
    },
    sharesScores: true,
    policy: PERMISSIVE.replace('hubs: any', 'hubs: [beta, alpha]')
      .replace('submitters: any\nimages', 'submitters: [ada@alpha]\nimages')
      .replace('logs: none', 'logs: scrubbed\n    reports: yes'),
  });
  const betaAtAlpha = await befriend(alpha, beta);

  const siteData = { dataset: 'ward@1', sites: ['south@beta'] };
  const challenge = await alpha.addChallenge(competitionBundle({ tasks: [{ siteData }] }));
  const ada = await alpha.addParticipant('ada', challenge);
  const { peers } = await beta.administrator.trpc.peers.overview.query();
  await beta.administrator.trpc.evaluation.grant.mutate({
    peerId: peers[0]!.id,
    competitionId: challenge.id,
    site: 'south',
    dataset: { name: 'ward', version: '1' },
  });
  await alpha.administrator.trpc.peers.decide.mutate({ id: betaAtAlpha, decision: 'check' });

  const first = await ada.submit(challenge.phaseId, codeSubmission(program('first')));
  const scored = await ada.submissionOver(first, { within: 60_000 });
  expect(scored.explanation).toBeNull();
  expect(scored).toMatchObject({ status: 'Finished', scores: [{ raw: 0.25 }] });
  expect(scored.runs[0]!.site).toEqual({ name: 'south@beta', title: 'Site south @beta' });
  const { rows } = await ada.trpc.leaderboards.get.query({ phaseId: challenge.phaseId });
  expect(rows).toMatchObject([{ perSite: [{ site: 'Site south @beta', scores: { score: '0.250' } }] }]);

  // What the site lets out besides scores is with the participant.
  const shown = async (id: number, kind: string) => {
    const { runs, files } = await waitFor(
      `the ${kind} of ${id}`,
      () => ada.trpc.submissions.get.query({ id }),
      (submission) => submission.files.some((file) => file.kind === kind),
      { within: 60_000 },
    );
    const { streams } = await ada.trpc.submissions.logs.query({ runId: runs[0]!.id });
    return { kinds: files.map((file) => file.kind), printed: streams.map(({ text }) => text).join('') };
  };
  const told = await shown(first, 'detailed_result');
  expect(told.printed).toContain('scored 0.25');
  expect(told.kinds).not.toContain('prediction_result');

  // A rehearsal sees made-up data and tells all of it.
  const { phaseId } = challenge;
  const resourceKey = await ada.rest.upload(
    'submission',
    codeSubmission(program('rehearsed')),
    'submission.zip',
  );
  const rehearsal = await ada.trpc.submissions.create.mutate({ phaseId, resourceKey, rehearsal: true });
  expect(await ada.submissionOver(rehearsal.id, { within: 60_000 })).toMatchObject({
    status: 'Finished',
    onLeaderboard: false,
    scores: [{ raw: 0.5 }],
  });
  expect((await shown(rehearsal.id, 'prediction_result')).printed).toContain('scored 0.5');

  await beta.hub.process.kill();
  const second = await ada.submit(challenge.phaseId, codeSubmission(program('second')));
  await waitFor(
    'the participant to be told',
    () => ada.trpc.submissions.get.query({ id: second }),
    ({ waiting }) => waiting?.includes('hub beta does not answer') === true,
    { within: 60_000 },
  );
  await beta.hub.restart();
  expect(await ada.submissionOver(second, { within: 90_000 })).toMatchObject({
    status: 'Finished',
    scores: [{ raw: 0.25 }],
  });
  const outcomes = await attemptOutcomes(alpha.hub, second);
  expect(outcomes.filter((outcome) => outcome !== 'lost')).toEqual(['finished']);
  // The node is killed in the middle of a run.
  const third = await ada.submit(challenge.phaseId, codeSubmission(slowly(program('third'))));
  await waitFor(
    'the run to be under way',
    () => ada.trpc.submissions.get.query({ id: third }),
    ({ status }) => status === 'Running',
    { within: 60_000 },
  );
  await node.kill();
  await node.run();
  expect(await ada.submissionOver(third, { within: 120_000 })).toMatchObject({
    status: 'Finished',
    scores: [{ raw: 0.25 }],
  });
  await expectExactlyOnce(alpha.hub, [first, rehearsal.id, second, third]);
  await node.verifyLedger();

  // The site charges the person of the other hub, once for each run.
  const ledger = join(node.home, 'ledger');
  const entries = await Promise.all(
    (await readdir(ledger, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')),
  );
  const releases = entries
    .join('')
    .matchAll(/"kind":"release","run":"(\d+)"[^\n]*?"submitter":"[0-9]+@alpha"[^\n]*?"what":"scores"/g);
  const charged = [...releases].map(([, run]) => run);
  expect(charged.length).toBeGreaterThanOrEqual(3);
  expect(new Set(charged).size).toBe(charged.length);
}, 400_000);

/** Makes two hubs peers as their administrators do. @returns what the first calls the second */
async function befriend(one: TestNetwork, other: TestNetwork): Promise<number> {
  const invitation = { note: 'Beta', days: 1, scopes: [] };
  const { code } = await one.administrator.trpc.peers.invite.mutate(invitation);
  await other.administrator.trpc.peers.accept.mutate({ code, scopes: ['evaluate'] });
  const { peers } = await one.administrator.trpc.peers.overview.query();
  const { id } = peers[0]!;
  await one.administrator.trpc.peers.confirm.mutate({ id, scopes: [] });
  return id;
}
