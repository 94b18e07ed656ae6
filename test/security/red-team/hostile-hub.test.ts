import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type AssignmentInit, ran, SITE_RULES, TestSite } from '@weir/node/run/testing/test-site';
import { waitFor } from '@weir/node/testing/wait';
import { LogLevel, type Outcome, OutputKind, RefusalCode, RunState } from '@weir/proto/node/v1';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Channel, type Leaves, leavesOf, Noise } from './counting.ts';

/**
 * A hub that wants the data and writes down everything that it hears. It speaks the contract, and asks for whatever the contract has words for.
 * The programs are its own as well.
 */
const BUCKET_MS = 1000;
const SECRETS = ['0', '1', '2', '3'];
const rules = { ...SITE_RULES, timing: { bucket: `${BUCKET_MS / 1000}s` } };
const unlimited = { per_submitter_bits: 'unlimited', per_dataset_bits: 'unlimited' };

type OpenConfig = NonNullable<Parameters<typeof TestSite.open>[1]>;

let site: TestSite;
let nextRun: bigint;

beforeEach(() => {
  nextRun = 1n;
});
afterEach(() => site[Symbol.asyncDispose]());

async function open(siteRules: object, slots = 1, config: OpenConfig = {}): Promise<void> {
  site = await TestSite.open({ ...rules, ...siteRules }, { engine: 'bubblewrap', slots, ...config });
  for (const secret of SECRETS) await site.register(`s${secret}`, secret);
  await site.start();
}

/** A scoring program that knows the secret as $s. */
async function scorer(script: string) {
  return await site.web.addZip({
    'metadata.yaml': 'command: sh $program/score.sh $output',
    'score.sh': `s=$(cat /app/input/ref/data.txt)\necho '{"auc":0.5}' > $1/scores.json\n${script}\n`,
  });
}

/** Has something run on the data, and answers with the number of the run. */
async function ask(script: string, changes: AssignmentInit & { secret?: string } = {}): Promise<bigint> {
  const { secret = '0', ...others } = changes;
  const runId = nextRun++;
  site.hub.enqueue(
    await site.assignment('', {
      runId,
      scoringProgram: await scorer(script),
      submission: await site.web.addZip({ 'answer.csv': '1\n' }),
      siteData: { name: 'sepsis', version: `s${secret}`, input: true, reference: true },
      ...others,
    }),
  );
  return runId;
}

function outcomesOf(runId: bigint): Outcome[] {
  return site.hub.outcomes.filter(({ attempt }) => attempt?.runId === runId);
}

/** Runs that leave much behind take their time. */
async function outcomeOf(runId: bigint): Promise<Outcome> {
  await waitFor(`the outcome of run ${runId}`, () => outcomesOf(runId).length > 0, 30_000);
  return outcomesOf(runId)[0]!;
}

const outputKinds = [OutputKind.PREDICTION_RESULT, OutputKind.SCORING_RESULT, OutputKind.DETAILED_RESULT];
const allOutputs = outputKinds.map((kind) => ({ kind, url: `/out/${kind}`, maxBytes: 1_000_000_000n }));

test('asks for full logs, archives, a report and columns of its own, and is told the score', async () => {
  await open({});
  const leak = 'echo "$s"; echo "$s" >&2; echo "<p>$s" > $1/detailed_results.html; echo "$s" > $1/more.txt';
  const runId = await ask(leak, { logLevel: LogLevel.FULL, outputs: allOutputs });
  expect((await site.outcome(runId)).result).toMatchObject({
    case: 'scores',
    value: { values: { auc: 0.5 } },
  });
  expect(site.hub.chunks).toEqual([]);
  expect(site.web.outputs.size).toBe(0);
  const eleven = Array.from({ length: 11 }, (_, index) => ({ key: `c${index}`, min: 0, max: 1 }));
  const many = await ask('', { scoreColumns: eleven });
  expect((await site.outcome(many)).result).toMatchObject({ value: { code: RefusalCode.RELEASE } });
  const endless = await ask('', { scoreColumns: [{ key: 'auc', decimals: 15 }] });
  expect((await site.outcome(endless)).result).toMatchObject({ value: { code: RefusalCode.SCORE_RANGE } });
  for (const refused of [many, endless]) expect(ran(site.states(refused))).toBe(false);
});

test('calls a run on the data a rehearsal, and everything is shown to it: of nobody', async () => {
  await open({});
  await site.permit({
    mount_at_app_data: { dataset: 'sepsis@s3', steps: ['prediction', 'scoring'] },
    egress: { site_data: rules, rehearsal: { logs: 'full', reports: 'yes', outputs: 'yes' } },
  });
  const look = 'cat /app/input/ref/* /app/input_data/* /app/data/*; ls -R /app; cp -r /app/input/ref $1';
  const runId = await ask(look, { rehearsal: true, outputs: allOutputs });
  expect((await site.outcome(runId)).result.case).toBe('scores');
  const printed = Buffer.concat(site.hub.chunks.map(({ text }) => Buffer.from(text))).toString();
  expect(printed).toContain('nobody');
  expect(printed).not.toMatch(/^[0-3]$/m);
  expect(printed).not.toContain('/app/data:');
  expect(site.web.outputs.size).toBeGreaterThan(0);
});

test('asks the same again in other words: new runs, attempts, phases and competitions learn nothing new', async () => {
  await open({ budget: { per_submitter_bits: 60, per_dataset_bits: 'unlimited' } }, 2);
  // What it says differs with every run, as far as a program can tell: it counts on the clock.
  const clock = `n=$(date +%N); echo "{\\"auc\\":0.\${n#"\${n%???}"}}" > $1/scores.json`;
  const same = {
    scoringProgram: await scorer(clock),
    submission: await site.web.addZip({ 'answer.csv': '1\n' }),
  };
  const answers = new Set<string>();
  for (let time = 0; time < 6; time += 1) {
    const place = { phaseId: BigInt(time), competitionId: BigInt(time + 1), attempt: time + 1 };
    const runId = await ask('', { ...same, ...place });
    const { result } = await site.outcome(runId);
    expect(result.case).toBe('scores');
    answers.add(JSON.stringify(result.value));
    expect(ran(site.states(runId))).toBe(time === 0);
  }
  expect(answers.size).toBe(1);
});

test('sends many small submissions, under many names: it is the budget of the dataset that ends', async () => {
  const budget = { per_submitter_bits: 100, per_dataset_bits: 200 };
  await open({ budget }, 4);
  const results: (string | undefined)[] = [];
  for (let time = 0; time < 16; time += 1) {
    // Another program each time, so that it is another question.
    const runId = await ask(`echo "{\\"auc\\":0.$s}" > $1/scores.json # ${time}`, {
      submitterId: BigInt(time),
      submitter: `robot ${time}`,
      hub: time % 2 === 0 ? '' : `hub ${time}`,
    });
    const { result } = await site.outcome(runId);
    results.push(result.case);
    if (result.case === 'refusal') {
      expect(result.value.code).toBe(RefusalCode.BUDGET);
      expect(ran(site.states(runId))).toBe(false);
    }
  }
  const scored = results.filter((each) => each === 'scores').length;
  expect(results).toEqual([...Array(scored).fill('scores'), ...Array(16 - scored).fill('refusal')]);
  expect(scored).toBeGreaterThan(3);
  await site.stop();
  let bits = 0;
  for (let runId = 1n; runId < nextRun; runId += 1n) {
    for (const event of await site.ledger(runId)) bits += event.kind === 'release' ? event.bits : 0;
  }
  expect(bits).toBeLessThanOrEqual(budget.per_dataset_bits);
  // What one of four outcomes for each of these runs can tell at most.
  expect(bits).toBeGreaterThanOrEqual(scored * Math.log2(SECRETS.length));
});

test('declares digits without end, one column twice, and ranges that nothing fills', async () => {
  await open({ scores: { min_cases: 0, decimals: 'any' }, budget: unlimited });
  const columns = [
    [{ key: 'auc', min: 0, max: 1, decimals: 2 ** 32 - 1 }],
    [
      { key: 'auc', min: 0, max: 1, decimals: 3 },
      { key: 'auc', min: 0, max: 1e9, decimals: 15 },
    ],
    [{ key: 'auc', min: -1e308, max: 1e308, decimals: 15 }],
    [
      { key: '__proto__', min: 0, max: 1 },
      { key: 'auc', min: 0, max: 1 },
    ],
  ];
  for (const scoreColumns of columns) {
    const runId = await ask('', { scoreColumns });
    expect((await site.outcome(runId)).result).toMatchObject({
      case: 'scores',
      value: { values: { auc: 0.5 } },
    });
  }
});

/** How long removing what it leaves behind takes depends on the secret: nothing, or thousands of files. */
const LITTER = 'mkdir $1/l; if [ $s -gt 1 ]; then (cd $1/l; seq 1000 | xargs touch); fi';
const roomy = { stepSeconds: 30, memoryBytes: 1n << 30n, cpuMillis: 2000, pids: 64, diskBytes: 1n << 30n };

/** Whether something is left of what programs wrote, at the moment at which the outcome comes: the slot becomes free when it is gone. */
function watchLeftovers(): boolean[] {
  const left: boolean[] = [];
  site.hub.onOutcome = ({ attempt }) => {
    const workspace = join(site.home, 'runs', `${attempt?.runId}-${attempt?.attempt}`, 'workspace');
    left.push(existsSync(workspace) && readdirSync(workspace).length > 0);
  };
  return left;
}

test('listens for the moment at which a slot is free again: that depends on nothing that was left behind', async () => {
  await open({ budget: unlimited });
  const left = watchLeftovers();
  for (const secret of SECRETS) {
    const { finishedAt } = await outcomeOf(await ask(LITTER, { secret, limits: roomy }));
    expect(timestampMs(finishedAt!) % BUCKET_MS).toBe(0);
    await waitFor('the slot to be free', () => site.hub.credits > 0);
  }
  expect(left).toEqual([false, false, false, false]);
});

test('cancels runs in the middle: that is charged, and answered at the end of a bucket', async () => {
  await open({ budget: unlimited });
  const left = watchLeftovers();
  for (const secret of SECRETS) {
    const runId = await ask(`${LITTER}; sleep 20`, { secret, limits: roomy });
    await waitFor('its containers', () => ran(site.states(runId)));
    site.hub.send({ message: { case: 'cancel', value: { attempt: { runId, attempt: 1 } } } });
    const { result, finishedAt } = await outcomeOf(runId);
    expect(result.case).toBe('cancelled');
    expect(timestampMs(finishedAt!) % BUCKET_MS).toBe(0);
    expect(Date.now()).toBeGreaterThanOrEqual(timestampMs(finishedAt!));
  }
  expect(left).toEqual([false, false, false, false]);
  await site.stop();
  for (let runId = 1n; runId < nextRun; runId += 1n) {
    const releases = (await site.ledger(runId)).filter((event) => event.kind === 'release');
    expect(releases).toMatchObject([{ what: 'code', dataset: `sepsis@s${SECRETS[Number(runId) - 1]}` }]);
    expect(releases[0]!.bits).toBeGreaterThan(1);
  }
});

/** Everything that was said of a run, as data, with what its receipt says in words. Which hints overtake which is the node's own haste. */
function saidOf(runId: bigint): Leaves {
  const outcomes = outcomesOf(runId).map(({ receipt, ...outcome }) => ({
    ...toPlain(outcome),
    receipt: receipt.length > 0 ? openReceipt(Buffer.from(receipt).toString()) : null,
  }));
  const chunks = site.hub.chunks.filter(({ attempt }) => attempt?.runId === runId).map(toPlain);
  const scoringIsTold = site.states(runId).includes(RunState.SCORING);
  const outputs = [...site.web.outputs].filter(([url]) => url.startsWith(`/out/${runId}/`));
  const contents = outputs.map(([url, content]) => [url.split('/').at(-1), content.toString('base64')]);
  const leaves = leavesOf({ outcomes, chunks, scoringIsTold, contents });
  return new Map([...leaves].filter(([place]) => !/\.(startedAt|finishedAt)\./.test(place)));
}

function toPlain(message: object): object {
  return JSON.parse(
    JSON.stringify(message, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
  );
}

function openReceipt(envelope: string): object {
  const { payload, ...rest } = JSON.parse(envelope);
  return { ...rest, payload: JSON.parse(Buffer.from(payload, 'base64').toString()) };
}

const TELLS_NOTHING = '';

/** Of chunks of logs, which a run that tells nothing has none of. */
const RUN_NUMBERS = [0, 1].map((index) => `.chunks[${index}].attempt.runId`);

/** How many different things are said over all secrets, in words of the contract and by HTTP. */
async function measure(script: string): Promise<number> {
  const runsOf = async (each: string) => {
    const runIds: bigint[] = [];
    for (const secret of SECRETS) {
      const outputs = allOutputs.map((output) => ({ ...output, url: `/out/${nextRun}/${output.kind}` }));
      runIds.push(await ask(each, { secret, outputs, limits: roomy }));
    }
    for (const runId of runIds) await outcomeOf(runId);
    await waitFor('the slots to be free', () => site.hub.credits >= 2);
    return runIds.map(saidOf);
  };
  const noise = new Noise(await runsOf(TELLS_NOTHING), RUN_NUMBERS);
  const channel = new Channel(script);
  for (const [index, said] of (await runsOf(script)).entries()) {
    channel.note({ secret: SECRETS[index]!, seen: noise.sightingOf(said), charged: 0 });
  }
  return channel.distinct;
}

const LOUD = 'echo "$s"; echo "<p>$s" > $1/detailed_results.html; touch $1/$s; sleep 0.$s; exit $s';

test('writes down each word of the contract: with the gate shut they are the same, whatever the secret', async () => {
  await open({ budget: unlimited }, 2);
  expect(await measure('echo "{\\"auc\\":0.5000$s}" > $1/scores.json')).toBe(1);
  expect(await measure(LOUD.replace('exit $s', 'exit 0'))).toBe(1);
  // That it failed is told, and no more.
  expect(await measure(LOUD)).toBe(2);
});

test('finds what is said once the gate is opened', async () => {
  await open({ budget: unlimited, logs: 'scrubbed', log_bytes: 4096, reports: 'yes', report_bytes: 4096 }, 2);
  expect(await measure('echo "{\\"auc\\":0.$s}" > $1/scores.json')).toBe(SECRETS.length);
  expect(await measure('echo "$s"')).toBe(SECRETS.length);
  expect(await measure('[ $s = 0 ] || echo "<p>" > $1/detailed_results.html')).toBeGreaterThan(1);
  // How many chunks there are, and where they end, follows from the text and not from when it was printed.
  expect(await measure('for i in 1 2 3; do printf x; sleep 0.0$s; done')).toBe(1);
});

/** What was said since the last time, in order, heartbeats and hints left out: those tell states that `saidOf` compares. */
function orderOfMessages(): string {
  const heard = site.hub.heard.splice(0);
  const words = heard.flatMap(({ what, message }) => {
    if (what === 'heartbeat' || what === 'progress') return [];
    return [what === 'credit' ? `credit ${JSON.stringify(toPlain(message as object))}` : what];
  });
  return words.join(', ');
}

/** How programs may end, or what they may do to the machine, differently for each secret, and all come to one code. */
const PATTERNS = {
  'how it crashes': 'case $s in 0) exit 1;; 3) (sleep 9 &) ; kill -11 $$;; esac',
  'how full the disk is': 'fallocate -l "$((1 + s))00M" $1/big; fallocate -l "$((1 + s))0M" $1/more',
  'how many processes stay behind': 'for i in $(seq $((s * 3))); do setsid sleep 9 & done',
  'how much is printed, and how often': 'for i in $(seq $((s * 200))); do echo "$i"; echo "$i" >&2; done',
};

test('listens to the order of messages, and to how many runs it is asked for: one order, whatever programs do', async () => {
  await open({ budget: unlimited });
  await waitFor('the first credit', () => site.hub.credits > 0);
  for (const [name, script] of Object.entries(PATTERNS)) {
    const orders = new Set<string>();
    for (const secret of ['0', '3']) {
      orderOfMessages();
      await outcomeOf(await ask(script, { secret, limits: roomy }));
      await waitFor('the slot to be free', () => site.hub.credits > 0);
      orders.add(orderOfMessages());
    }
    expect([name, ...orders]).toEqual([
      name,
      'outcomes, credit {"$typeName":"weir.node.v1.Credit","runs":1}',
    ]);
  }
}, 120_000);

test('compares which of two runs of one bucket is told first: never the one that was over first', async () => {
  await open({ budget: unlimited, timing: { bucket: '4s' } }, 2);
  const orders: string[] = [];
  for (const secret of ['0', '1']) {
    // One of the two is over at once, the other later, as the secret says.
    const slow = await ask('[ $s = 0 ] || sleep 0.7', { secret, limits: roomy });
    const quick = await ask('[ $s = 1 ] || sleep 0.7', { secret, limits: roomy });
    const ends = [await outcomeOf(slow), await outcomeOf(quick)];
    await waitFor('the slots to be free', () => site.hub.credits >= 2);
    if (new Set(ends.map(({ finishedAt }) => timestampMs(finishedAt!))).size > 1) continue;
    const told = site.hub.outcomes.flatMap(({ attempt }) =>
      attempt && attempt.runId >= slow ? [attempt.runId] : [],
    );
    orders.push(told.join() === `${slow},${quick}` ? 'as numbered' : 'otherwise');
  }
  expect(new Set(orders)).toEqual(new Set(['as numbered']));
});

test('sends more runs than the disk has room for: they wait at the site, and as many are asked for as ever', async () => {
  // The cache may grow to more than there is, so that nothing is left for two runs side by side.
  await open({ budget: unlimited }, 3, { cacheBytes: Number.MAX_SAFE_INTEGER });
  const runIds: bigint[] = [];
  for (const secret of ['1', '2']) {
    runIds.push(await ask('fallocate -l "$((1 + s))00M" $1/big', { secret, limits: roomy }));
  }
  for (const runId of runIds) await outcomeOf(runId);
  const order = site.hub.heard.flatMap(({ what, message }) => {
    const text = JSON.stringify(toPlain(message as object));
    if (what === 'outcomes') return ['end'];
    return what === 'progress' && text.includes(`"state":${RunState.PREPARING}`) ? ['begin'] : [];
  });
  // A hint may be overtaken; that two runs are at work at once is nowhere to be seen.
  expect(order.join(' ')).not.toContain('begin begin');
  expect(order.filter((each) => each === 'end')).toHaveLength(2);
  const [first] = site.hub.heard.filter(({ what }) => what === 'credit');
  expect(first?.message).toMatchObject({ runs: 3 });
});

test('hears nothing of a run between the beginning of its first step and the end of its bucket', async () => {
  await open({ budget: unlimited });
  let watched = 0;
  for (const secret of SECRETS) {
    const runId = await ask(`${LITTER}; echo "$s"; sleep 0.$s`, { secret, limits: roomy });
    const { finishedAt } = await outcomeOf(runId);
    await waitFor('the slot to be free', () => site.hub.credits > 0);
    const isBeginning = ({ what, message }: { what: string; message: unknown }) =>
      what === 'progress' &&
      JSON.stringify(toPlain(message as object)).includes(`"state":${RunState.PREDICTING}`);
    const heard = site.hub.heard.splice(0);
    const began = heard.findIndex(isBeginning);
    if (began === -1) continue;
    watched += 1;
    const early = heard.slice(began + 1).filter(({ at }) => at < timestampMs(finishedAt!));
    expect(early.filter(({ what }) => what !== 'heartbeat' && what !== 'status')).toEqual([]);
  }
  // A hint may be overtaken by the next, but not all of them are.
  expect(watched).toBeGreaterThan(0);
});
