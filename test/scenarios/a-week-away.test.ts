import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { homeAt } from '@weir/node/home/home';
import { readEntries } from '@weir/node/ledger/read';
import { verifyReceipt } from '@weir/proto/receipt';
import { expect, test } from 'vitest';
import { attemptOutcomes, expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, competitionBundle, scriptedBundle } from '../harness/challenge.ts';
import { SetClock } from '../harness/set-clock.ts';
import { LEASE_MS } from '../harness/test-hub.ts';
import { TestNetwork } from '../harness/test-network.ts';
import { PERMISSIVE } from '../harness/test-node.ts';
import { waitFor } from '../harness/wait-for.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Runs begin in these hours, counted from now; releases from data of the site wait three days for a person. */
function policyFor(fromHours: number, toHours: number): string {
  const at = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString().slice(11, 16);
  return PERMISSIVE.replace(
    'review: { scores: never, logs: never }',
    'review: { scores: always, logs: never, remind_after: 1d, refuse_after: 3d }',
  ).replace('egress:', `windows: [{ from: "${at(fromHours)}", to: "${at(toHours)}" }]\negress:`);
}

test('hub and node do not see each other for a week: results, reviews and windows come out once, and as they should', async () => {
  await using clock = await SetClock.make();
  await using network = await TestNetwork.start({ env: clock.env });
  const node = await network.addWiredNode({
    site: 'north',
    servesDefaultQueue: true,
    slots: 3,
    policy: policyFor(-2, 2),
    dataset: { input: { 'cases.txt': '1' }, reference: { 'answers.txt': '1' } },
    env: clock.env,
  });
  const script = (seconds: number) => `prediction.sleep=${seconds * 1000},scores={"score":0.5}`;
  const open = await network.addChallenge(scriptedBundle(script(6)));
  const onData = await network.addChallenge(
    competitionBundle({ title: 'On data', tasks: [{ siteData: 'ward@1' }], image: `scripted:${script(0)}` }),
  );
  const ada = await network.addParticipant('ada', open, onData);
  const waitingFor = (what: string, id: number) =>
    waitFor(
      `it to wait for ${what}`,
      () => ada.submission(id),
      ({ waiting }) => waiting?.includes(what) === true,
      { within: 60_000 },
    );

  const reviewed = await ada.submit(onData.phaseId, codeSubmission());
  await waitingFor('review', reviewed);
  const inFlight = await ada.submit(open.phaseId, codeSubmission());
  await ada.submissionInState(inFlight, 'predicting');
  // The next one begins when the window opens, in twelve hours.
  await writeFile(join(node.home, 'policy.yaml'), policyFor(12, 14));
  const atNight = await ada.submit(open.phaseId, codeSubmission());
  await waitingFor('it runs such work from', atNight);

  node.stream.cut();
  node.web.cut();
  await waitFor(
    'the outcome to be in the spool',
    () => node.process.log(),
    (log) => log.includes('"msg":"run ended"'),
  );
  await node.kill();
  await waitFor(
    'the leases to run out',
    () => Promise.all([reviewed, atNight, inFlight].map((id) => ada.submission(id))),
    (all) => all.every(({ runs }) => runs[0]?.state === 'queued'),
    { within: 20 * LEASE_MS },
  );

  await clock.set(8 * DAY + 13 * HOUR);
  node.stream.restore();
  node.web.restore();
  await node.run();
  for (const id of [inFlight, atNight]) {
    expect(await ada.submissionOver(id, { within: 60_000 })).toMatchObject({
      status: 'Finished',
      runs: [{ scores: [{ value: '0.500' }] }],
    });
  }
  // Nobody has looked at it in three days.
  expect(await ada.submissionOver(reviewed, { within: 60_000 })).toMatchObject({
    status: 'Failed',
    scores: [],
  });
  expect(JSON.stringify((await ada.submission(reviewed)).explanation)).toMatch(/review|looked/);
  await expectExactlyOnce(network.hub, [reviewed, atNight, inFlight]);
  for (const id of [inFlight, atNight]) {
    expect((await attemptOutcomes(network.hub, id)).filter((outcome) => outcome === 'finished')).toHaveLength(
      1,
    );
  }

  const hubKeys = (await ada.trpc.receipts.keys.query()).map(({ id }) => id);
  const [found] = await ada.trpc.receipts.ofSubmission.query({ id: inFlight });
  const { checks } = await verifyReceipt(found!.receipt, { hubKeys, scores: found!.shown });
  expect(checks.map(({ result }) => result)).toEqual(checks.map(() => 'good'));

  await node.process.stop();
  await node.verifyLedger();
  let charges = 0;
  for await (const { event } of readEntries(homeAt(node.home).ledger, { kinds: ['release'] })) {
    if (event.kind === 'release' && event.dataset !== null) charges += 1;
  }
  // What was in review is charged once, as a code, though two lives of the node held it.
  expect(charges).toBe(1);
}, 400_000);
