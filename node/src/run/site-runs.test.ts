import { timestampMs } from '@bufbuild/protobuf/wkt';
import { FailureCode, LogStream, type Outcome, RefusalCode, RunState, WaitReason } from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import { SENTENCES } from '../egress/codes.ts';
import { LedgerFailedError } from '../ledger/errors.ts';
import type { LedgerEvent } from '../ledger/events.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { waitFor } from '../testing/wait.ts';
import { ran, SITE_RULES, TestSite } from './testing/test-site.ts';

const GRACE = { name: 'grace', organization: 'north hospital' };

function scoresOf({ result }: Outcome): unknown {
  return result.case === 'scores' ? result.value.values : result;
}

function refusal(code: RefusalCode) {
  return { case: 'refusal', value: { code } };
}

const releases = (events: readonly LedgerEvent[]) => events.filter((event) => event.kind === 'release');
const codeCost = 25; // Rounded up: kind of outcome, one of all codes, a moment to the millisecond.

test('scores leave rounded, with a receipt, and the ledger has every step of it', async () => {
  await using site = await TestSite.open();
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.91849}'));
  await site.start();
  const outcome = await site.outcome();
  expect(scoresOf(outcome)).toEqual({ auc: 0.918 });
  expect(JSON.parse(Buffer.from(outcome.receipt).toString())).toHaveProperty('signatures');
  // Not a word of the moment at which the prediction was over.
  expect(site.states()).not.toContain(RunState.SCORING);
  await site.stop();
  const events = await site.ledger();
  expect(events.map((event) => (event.kind === 'decision' ? event.at : event.kind))).toEqual([
    'assignment',
    'assignment',
    'container',
    'release',
    'release',
  ]);
  expect(releases(events)).toMatchObject([
    {
      what: 'scores',
      submitter: '11@test',
      dataset: 'sepsis@1',
      bytes: Buffer.from('{"auc":0.918}').toString('base64'),
      reviewers: [],
    },
  ]);
});

test('the outcome leaves at the end of its bucket, with moments that say no more', async () => {
  await using site = await TestSite.open({ ...SITE_RULES, timing: { bucket: '1s' } });
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.5}'));
  await site.start();
  const outcome = await site.outcome();
  const [startedAt, finishedAt] = [outcome.startedAt!, outcome.finishedAt!].map((at) => timestampMs(at));
  expect(startedAt! % 1000).toBe(0);
  expect(finishedAt! % 1000).toBe(0);
  expect(finishedAt!).toBeGreaterThanOrEqual(startedAt!);
  expect(Date.now()).toBeGreaterThanOrEqual(finishedAt!);
});

const refusals: [string, string, RefusalCode][] = [
  ['a key that was not declared', '{"auc":0.5,"patient":17}', RefusalCode.RELEASE],
  ['a score out of its range', '{"auc":1.5}', RefusalCode.SCORE_RANGE],
  ['a score in text', '{"auc":"0.5"}', RefusalCode.SCORE_TYPE],
];
test.each(refusals)('%s refuses the release, and is charged as a code', async (_, scores, code) => {
  await using site = await TestSite.open();
  site.hub.enqueue(await site.assignment(`scripted:scores=${scores}`));
  await site.start();
  expect((await site.outcome()).result).toMatchObject(refusal(code));
  await site.stop();
  const events = await site.ledger();
  expect(events).toContainEqual(expect.objectContaining({ kind: 'refusal', code: RefusalCode[code] }));
  const [release, ...others] = releases(events);
  expect(others).toEqual([]);
  expect(release).toMatchObject({ what: 'code', dataset: 'sepsis@1' });
  expect(release?.bits).toBeGreaterThan(20);
  expect(release?.bits).toBeLessThan(codeCost);
});

test('too few cases, a range that nobody gave, and columns that the site does not know stay', async () => {
  await using site = await TestSite.open({ ...SITE_RULES, scores: { min_cases: 41 } });
  const image = 'scripted:scores={"auc":0.5}';
  site.hub.enqueue(await site.assignment(image));
  site.hub.enqueue(await site.assignment(image, { runId: 2n, scoreColumns: [{ key: 'auc' }] }));
  await site.start();
  expect((await site.outcome()).result).toMatchObject(refusal(RefusalCode.SCORE_CASES));
  expect((await site.outcome(2n)).result).toMatchObject(refusal(RefusalCode.SCORE_RANGE));
  expect(ran(site.states(2n))).toBe(false);
  await site.permit({ egress: { site_data: { ...SITE_RULES, scores: { columns: { f1: {} } } } } });
  site.hub.enqueue(await site.assignment(image, { runId: 3n }));
  expect((await site.outcome(3n)).result).toMatchObject(refusal(RefusalCode.RELEASE));
  expect(ran(site.states(3n))).toBe(false);
  await site.stop();
  // Nothing was seen, so nothing is charged.
  expect(releases(await site.ledger(3n))).toEqual([]);
});

test('a failure is charged as what it is', async () => {
  await using site = await TestSite.open();
  site.hub.enqueue(await site.assignment('scripted:prediction.oom'));
  await site.start();
  expect((await site.outcome()).result).toMatchObject({
    value: { code: FailureCode.PREDICTION_MEMORY_LIMIT },
  });
  await site.stop();
  const [release] = releases(await site.ledger());
  expect(release).toMatchObject({
    what: 'code',
    bytes: Buffer.from('failure:PREDICTION_MEMORY_LIMIT').toString('base64'),
  });
  expect(release?.bits).toBeGreaterThan(0);
});

test('the same question again is answered from the ledger: nothing runs, nothing is charged', async () => {
  await using site = await TestSite.open();
  const image = 'scripted:scores={"auc":0.25}';
  site.hub.enqueue(await site.assignment(image));
  await site.start();
  await site.outcome();
  // Another phase of another competition.
  const elsewhere = { runId: 2n, competitionId: 8n, phaseId: 9n, submissionId: 6n };
  site.hub.enqueue(await site.assignment(image, elsewhere));
  const again = await site.outcome(2n);
  expect(scoresOf(again)).toEqual({ auc: 0.25 });
  expect(again.receipt.length).toBeGreaterThan(0);
  expect(ran(site.states(2n))).toBe(false);
  // Somebody else has to ask for themselves, and finer columns are another question.
  site.hub.enqueue(await site.assignment(image, { runId: 3n, submitterId: 12n }));
  await site.outcome(3n);
  const finer = [{ key: 'auc', min: 0, max: 1, decimals: 4 }];
  site.hub.enqueue(await site.assignment(image, { runId: 4n, scoreColumns: finer }));
  await site.outcome(4n);
  await site.stop();
  expect(releases(await site.ledger(2n))).toMatchObject([{ what: 'scores', bits: 0 }]);
  for (const runId of [3n, 4n]) {
    const [release] = releases(await site.ledger(runId));
    expect(release?.bits).toBeGreaterThan(10);
  }
});

test('a run whose budget is spent is refused before its containers see anything', async () => {
  await using site = await TestSite.open({ ...SITE_RULES, budget: { per_submitter_bits: 60 } });
  const image = (auc: number) => `scripted:scores={"auc":${auc}}`;
  site.hub.enqueue(await site.assignment(image(0.1)));
  await site.start();
  expect(scoresOf(await site.outcome())).toEqual({ auc: 0.1 });
  for (const runId of [2n, 3n]) {
    site.hub.enqueue(await site.assignment(image(Number(runId) / 10), { runId }));
    await site.outcome(runId);
  }
  expect((await site.outcome(3n)).result).toMatchObject(refusal(RefusalCode.BUDGET));
  expect(ran(site.states(3n))).toBe(false);
  site.hub.enqueue(await site.assignment(image(0.4), { runId: 4n, submitterId: 12n }));
  expect(scoresOf(await site.outcome(4n))).toEqual({ auc: 0.4 });
  // What was given before is given again.
  site.hub.enqueue(await site.assignment(image(0.1), { runId: 5n }));
  expect(scoresOf(await site.outcome(5n))).toEqual({ auc: 0.1 });
});

test('a node of a site with two gives out its half of the budget, over restarts too', async () => {
  await using site = await TestSite.open({ ...SITE_RULES, budget: { per_submitter_bits: 60 } });
  const image = (auc: number) => `scripted:scores={"auc":${auc}}`;
  site.hub.siteNodes = 2;
  site.hub.enqueue(await site.assignment(image(0.1)));
  await site.start();
  // The first fits into 30 bits, a second does not.
  expect(scoresOf(await site.outcome())).toEqual({ auc: 0.1 });
  await site.stop();
  site.hub.siteNodes = 0;
  site.hub.enqueue(await site.assignment(image(0.2), { runId: 2n }));
  await site.start();
  expect((await site.outcome(2n)).result).toMatchObject(refusal(RefusalCode.BUDGET));
});

test('a run that waits for a person says so, and leaves its slot to others', async () => {
  await using site = await TestSite.open(SITE_RULES, { slots: 1 });
  await site.permit({
    egress: { site_data: SITE_RULES },
    datasets: { sepsis: { competitions: 'any', approval: 'per_run' } },
  });
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.5}'));
  await site.start();
  await waitFor('the question', () => site.people.open().length === 1);
  await waitFor('the wait to be told', () =>
    site.hub.progress.some(
      ({ state, waitsFor }) => state === RunState.AWAITING_SITE && waitsFor === WaitReason.APPROVAL,
    ),
  );
  const { siteData: _, ...plain } = await site.assignment('scripted:scores={"auc":0.7}', { runId: 2n });
  site.hub.enqueue(plain);
  expect(scoresOf(await site.outcome(2n))).toEqual({ auc: 0.7 });
  const [question] = site.people.open();
  expect(question).toMatchObject({ kind: 'approval', dataset: 'sepsis@1', submitter: { id: '11@test' } });
  await approve(site);
  expect(scoresOf(await site.outcome())).toEqual({ auc: 0.5 });
});

async function approve(site: TestSite, kind: 'approve' | 'refuse' = 'approve'): Promise<void> {
  const [question] = site.people.open();
  const seen = site.people.find(question!.id, GRACE)!.digest;
  await site.people.answer(question!.id, GRACE, { kind, seen, reason: 'as agreed' });
}

const REVIEWED = { ...SITE_RULES, review: { scores: 'always', logs: 'never' } };

test('a release that needs a person waits for one over a restart, and is charged once', async () => {
  await using site = await TestSite.open(REVIEWED);
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.5}'));
  await site.start();
  await waitFor('the question', () => site.people.open().length === 1);
  await waitFor('the wait to be told', () =>
    site.hub.progress.some(
      ({ state, waitsFor }) => state === RunState.REVIEWING && waitsFor === WaitReason.REVIEW,
    ),
  );
  await site.stop();
  expect(releases(await site.ledger())).toEqual([]);
  const told = site.hub.progress.length;
  await site.start();
  await waitFor('the question again', () => site.people.open().length === 1);
  const [question] = site.people.list(GRACE);
  expect(question?.material).toMatchObject([
    { kind: 'scores', mediaType: 'application/json', currentBytes: 11 },
  ]);
  await approve(site);
  expect(scoresOf(await site.outcome())).toEqual({ auc: 0.5 });
  // Nothing ran a second time.
  expect(ran(site.hub.progress.slice(told).map(({ state }) => state))).toBe(false);
  await site.stop();
  expect(releases(await site.ledger())).toMatchObject([{ what: 'scores', reviewers: ['grace'] }]);
});

test('nobody of the institution that the hub vouches for sees what would leave, or votes', async () => {
  await using site = await TestSite.open(REVIEWED);
  const submitterAttributes = { email_domain: 'hospital.example', affiliation: 'member@uni.example' };
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.5}', { submitterAttributes }));
  await site.start();
  await waitFor('the question', () => site.people.open().length === 1);
  for (const colleague of [
    { name: 'ada', organization: 'hospital.example' },
    { name: 'ben', organization: 'North Hospital', domains: ['uni.example'] },
  ]) {
    expect(site.people.list(colleague)).toMatchObject([{ mayLook: false, mayVote: false }]);
  }
  await approve(site);
  expect(scoresOf(await site.outcome())).toEqual({ auc: 0.5 });
});

test('a release that a person refuses leaves as a code', async () => {
  await using site = await TestSite.open(REVIEWED);
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.5}'));
  await site.start();
  await waitFor('the question', () => site.people.open().length === 1);
  await approve(site, 'refuse');
  expect((await site.outcome()).result).toMatchObject(refusal(RefusalCode.REVIEW));
  await site.stop();
  expect(releases(await site.ledger())).toMatchObject([{ what: 'code' }]);
});

test.each(['release', 'conclude'])(
  'a node that ends at the %s of a release neither loses the charge nor charges twice',
  async (moment) => {
    await using site = await TestSite.open();
    site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.5}'));
    const endsAt = (ledger: Ledger): Ledger =>
      new Proxy(ledger, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          if (name !== 'append') return typeof value === 'function' ? value.bind(target) : value;
          return async (event: LedgerEvent) => {
            if (event.kind !== 'release') return await target.append(event);
            if (moment === 'conclude') await target.append(event);
            throw new LedgerFailedError(site.home, new Error('the world ends'));
          };
        },
      });
    await site.start((context) => ({ ...context, ledger: endsAt(context.ledger) }));
    await expect(site.node.failure).rejects.toThrow('the world ends');
    await site.stop();
    expect(site.hub.outcomes).toEqual([]);
    await site.start();
    expect(scoresOf(await site.outcome())).toEqual({ auc: 0.5 });
    await site.stop();
    expect(releases(await site.ledger())).toHaveLength(1);
  },
);

test('a policy that forbids a run while it runs lets out a code and nothing else', async () => {
  await using site = await TestSite.open();
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.5},scoring.sleep=300'));
  await site.start();
  await waitFor('the prediction step', () => site.states().includes(RunState.PREDICTING));
  await site.permit({ submitters: [] });
  expect((await site.outcome()).result).toMatchObject(refusal(RefusalCode.SUBMITTER));
});

test('a run that has begun under strict rules is not let out under lax ones', async () => {
  await using site = await TestSite.open({ ...SITE_RULES, scores: { decimals: 1 } });
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.123},scoring.sleep=300'));
  await site.start();
  await waitFor('the prediction step', () => site.states().includes(RunState.PREDICTING));
  await site.permit({ egress: { site_data: { ...SITE_RULES, scores: { decimals: 3 } } } });
  expect(scoresOf(await site.outcome())).toEqual({ auc: 0.1 });
});

test('with codes for logs each step says one of a few sentences, and is charged for them', async () => {
  await using site = await TestSite.open({ ...SITE_RULES, logs: 'codes' });
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.5},prediction.exit=3,output=500'));
  await site.start();
  await site.outcome();
  await waitFor('the logs', () => site.hub.chunks.length === 2);
  const said = site.hub.chunks.map(({ stream, text }) => [stream, Buffer.from(text).toString()]);
  expect(said).toEqual([
    [LogStream.PREDICTION_STDOUT, `${SENTENCES['exit-code']}\n`],
    [LogStream.SCORING_STDOUT, `${SENTENCES.completed}\n`],
  ]);
  await site.stop();
  expect(releases(await site.ledger())).toMatchObject([{ what: 'scores' }, { what: 'logs', bits: 6.644 }]);
});

test('scrubbed logs leave with the outcome, cut to their room, byte for byte as the ledger says', async () => {
  const rules = { logs: 'scrubbed', log_bytes: 400, scrub: [{ pattern: 'x+', replace: 'y' }] };
  await using site = await TestSite.open({
    ...SITE_RULES,
    ...rules,
    budget: { per_submitter_bits: 5000, per_dataset_bits: 5000 },
  });
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.5},prediction.output=10000'));
  await site.start();
  await waitFor('the logs', () => site.hub.chunks.length > 0);
  await site.outcome();
  const text = Buffer.from(site.hub.chunks[0]!.text).toString();
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(200);
  expect(text).toMatch(/\[the rest was left out\]\n$/);
  expect(text).not.toContain('x');
  await site.stop();
  const logs = releases(await site.ledger()).find(({ what }) => what === 'logs');
  expect(JSON.parse(Buffer.from(logs!.bytes!, 'base64').toString())).toEqual({
    prediction: text,
    scoring: '',
  });
  expect(logs!.bits).toBeGreaterThanOrEqual(8 * Buffer.byteLength(text));
});

test('runs above the rate of a day wait for the next one', async () => {
  await using site = await TestSite.open();
  await site.permit({ egress: { site_data: SITE_RULES }, rate: { runs_per_day: 1 } });
  const image = 'scripted:scores={"auc":0.5}';
  site.hub.enqueue(await site.assignment(image));
  site.hub.enqueue(await site.assignment(image, { runId: 2n, submitterId: 12n }));
  await site.start();
  const waiting = () => site.hub.progress.find(({ waitsFor }) => waitsFor === WaitReason.RATE);
  await waitFor('one of them to wait', waiting);
  const other = waiting()!.runId === 1n ? 2n : 1n;
  expect(scoresOf(await site.outcome(other))).toEqual({ auc: 0.5 });
  await waitFor('the slots to be free', () => site.hub.credits === 4);
  expect(site.hub.outcomes).toHaveLength(1);
});

test('nothing but what the ledger has is in the outcome of a rehearsal, and it costs nothing', async () => {
  await using site = await TestSite.open();
  await site.permit({ egress: { site_data: SITE_RULES, rehearsal: { logs: 'full' } } });
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.12345},output=50', { rehearsal: true }));
  await site.start();
  expect(scoresOf(await site.outcome())).toEqual({ auc: 0.123 });
  await waitFor('the logs', () => site.hub.chunks.length > 0);
  await site.stop();
  for (const release of releases(await site.ledger())) {
    expect(release).toMatchObject({ dataset: null, bits: 0 });
  }
});
