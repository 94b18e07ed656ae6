import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BundleOptions, competitionBundle } from '../../harness/challenge.ts';
import type { Person } from '../../harness/person.ts';
import { type Challenge, TestNetwork } from '../../harness/test-network.ts';
import {
  ATTACKS,
  type Attack,
  colludingScorer,
  MARK,
  NARROW_ATTACK,
  OPENED_MARK,
  REFERENCE_MARK,
  SECRETS,
  SLOW_ATTACK,
  submissionOf,
  WORDY_ATTACKS,
} from './attacks.ts';
import { Channel, differencesOf, type Leaves, leavesOf, Noise, tracesOf } from './counting.ts';
import { findTrace, type KnownRun, knowledgeOf } from './hub-knowledge.ts';
import { BUCKET_MS, RedSite } from './red-site.ts';

/**
 * Participants and an organizer who work together try to carry secrets out of a real node, with real containers, to a real hub. Everything that the
 * hub has afterwards is compared over all secrets, and what can be told apart is held against what the site's ledger charged for it.
 */
let network: TestNetwork;
let site: RedSite;
let ada: Person;

beforeAll(async () => {
  network = await TestNetwork.start();
  site = await RedSite.open(network);
  ada = await network.addParticipant('ada');
}, 60_000);
afterAll(async () => {
  await network?.[Symbol.asyncDispose]();
  await site?.[Symbol.asyncDispose]();
});

/** A task for each secret, so that one submission tries all of them. */
async function enter(dataset: string, options: BundleOptions): Promise<Challenge> {
  const challenge = await network.addChallenge(
    competitionBundle({
      title: `On ${dataset}`,
      tasks: SECRETS.map((secret) => ({ name: secret, siteData: `${dataset}@${secret}` })),
      scoringProgram: colludingScorer(network.hub.httpPort),
      stepSeconds: 60,
      disk: '256MiB',
      ...options,
    }),
  );
  const { termsVersion } = await ada.trpc.competitions.get.query({ id: challenge.id });
  await ada.trpc.competitions.join.mutate({ id: challenge.id, acceptTermsVersion: termsVersion });
  return challenge;
}

/** What the hub has of a run. */
interface Seen extends KnownRun {
  readonly secret: string;
  readonly leaves: Leaves;
}

/** Submits all of it at once, and answers with what the hub has of the runs of each when they are over. */
async function tryOut(
  { phaseId }: Challenge,
  plans: readonly Omit<Attack, 'seen'>[],
): Promise<readonly (readonly Seen[])[]> {
  const ids: number[] = [];
  for (const plan of plans) ids.push(await ada.submit(phaseId, submissionOf(plan, network.hub.httpPort)));
  for (const id of ids) await ada.submissionOver(id, { within: 500_000, every: 250 });
  const rows = await network.hub.query<{ run: string; leaf: string; parent: string; secret: string }>(
    `select runs.id as run, leaf.id as leaf, leaf.parent_id as parent, tasks.name as secret from runs
     join submissions leaf on leaf.id = runs.submission_id join tasks on tasks.id = leaf.task_id
     where leaf.parent_id = any($1)`,
    [ids],
  );
  const runs = rows.map(({ run, leaf, parent, secret }) => ({
    runId: Number(run),
    submissionId: Number(leaf),
    parent: Number(parent),
    secret,
  }));
  const knowledge = await knowledgeOf(network.hub, ada, runs);
  return ids.map((id) =>
    runs
      .filter(({ parent }) => parent === id)
      .map((run) => ({ ...run, leaves: leavesOf(knowledge.get(run.runId)) })),
  );
}

/** Two submissions that tell nothing: what differs between their runs does so for other reasons. */
const CONTROLS = [{}, { scoring: '0' }];

/** How often the hub has changed the state it shows: a hint that comes late is overtaken by the next. */
const HINTS = ['.shown.submission.version'];

/** How each attack went, by its name; and what is wrong, in words. */
async function measure(
  challenge: Challenge,
  attacks: Readonly<Record<string, Attack>>,
): Promise<{ channels: ReadonlyMap<string, Channel>; problems: readonly string[]; noise: Noise }> {
  const plans = Object.entries(attacks);
  const tried = await tryOut(challenge, [...CONTROLS, ...plans.map(([, plan]) => plan)]);
  const charges = await site.charges();
  const controls = tried.slice(0, CONTROLS.length).flat();
  const noise = new Noise(
    controls.map(({ leaves }) => leaves),
    HINTS,
  );
  const channels = new Map<string, Channel>();
  const problems: string[] = [];
  // Where not even an honest program is scored, all attacks fail alike, and nothing is measured.
  const scored = controls.filter(
    ({ leaves }) => leaves.get('.shown.submission.status') === 'string Finished',
  );
  if (scored.length < CONTROLS.length * SECRETS.length)
    problems.push(`of the control group only ${scored.length} were scored`);
  for (const [index, [name, { seen: expected }]] of plans.entries()) {
    const channel = new Channel(name);
    for (const { secret, runId, leaves } of tried[index + CONTROLS.length] ?? []) {
      channel.note({ secret, seen: noise.sightingOf(leaves), charged: charges.get(runId) ?? 0 });
    }
    channels.set(name, channel);
    const { secrets, distinct, chargedBits, isWithinBound } = channel;
    if (secrets !== SECRETS.length)
      problems.push(`${name}: ${secrets} of ${SECRETS.length} secrets were tried`);
    if (distinct !== expected) {
      const differences = differencesOf(channel.sightings).join('; ').slice(0, 1000);
      problems.push(`${name}: ${distinct} things can be told apart, not ${expected}: ${differences}`);
    }
    if (!isWithinBound) problems.push(`${name}: ${chargedBits} bits are less than what has left`);
  }
  return { channels, problems, noise };
}

const unit = { range: [0, 1] };
const columns = [
  { key: 'score', ...unit },
  { key: 'other', ...unit },
];
const twoValues = columns.map((column) => ({ ...column, decimals: 0 }));

test('of everything that has been tried, the hub can tell apart what scores and codes tell', async () => {
  const { problems, noise } = await measure(await enter('ward', { columns }), ATTACKS);
  expect(problems).toEqual([]);
  // Identifiers, digests of what was submitted and seen, signatures. What has another name is no noise but a way out.
  const known =
    /(\.(id|run_?id|submission(_?id|Digest)?|parentId|task(_?id|Id|Key|Name)?|url|version|dataset(Digest)?|sha256|name|sig|run)|(_at|At))$/;
  expect(noise.places.filter((place) => !known.test(place) && !HINTS.includes(place))).toEqual([]);
}, 600_000);

test('where the gate is open, the counting finds what leaves by each way, and all of it is charged', async () => {
  const attacks = Object.entries(ATTACKS).flatMap(([name, { opened, ...attack }]) =>
    opened === undefined ? [] : [[name, { ...attack, seen: opened }] as const],
  );
  const undeclared = columns.map(({ key }) => ({ key }));
  const { problems, channels } = await measure(
    await enter('opened', { columns: undeclared }),
    Object.fromEntries(attacks),
  );
  expect(problems).toEqual([]);
  expect([...channels.values()].filter(({ distinct }) => distinct > 1).length).toBeGreaterThan(4);
  expect(await findTrace(network.hub, tracesOf(OPENED_MARK))).not.toBeNull();
}, 600_000);

test('columns of two values carry no more than they are charged for, alone or with all that accompanies them', async () => {
  const challenge = await enter('ward', { columns: twoValues });
  const { channels, problems } = await measure(challenge, { narrow: NARROW_ATTACK });
  expect(problems).toEqual([]);
  const channel = channels.get('narrow');
  expect(channel?.measuredBits).toBe(2);
  // Kind of outcome, a moment, one of 0, 1 and absent for each column, two sentences of the log: nothing of it is free.
  expect(channel?.chargedBits).toBeGreaterThan(1 + Math.log2(3));
});

test('moments tell buckets, and no more of them than are charged', async () => {
  const [runs = []] = await tryOut(await enter('ward', { columns }), [SLOW_ATTACK]);
  const charges = await site.charges();
  const channel = new Channel('moments');
  for (const { runId, secret, leaves } of runs) {
    const { startedAt, finishedAt, toldAt } = momentsOf(leaves);
    expect([startedAt, finishedAt].map((at) => at % BUCKET_MS)).toEqual([0, 0]);
    // It is told no earlier: the bucket hides when in it the run was over.
    expect(toldAt).toBeGreaterThanOrEqual(finishedAt);
    const buckets = (finishedAt - startedAt) / BUCKET_MS;
    channel.note({ secret, seen: String(buckets), charged: charges.get(runId) ?? 0 });
  }
  expect(channel.secrets).toBe(SECRETS.length);
  expect(channel.distinct).toBeGreaterThan(1);
  expect(channel.isWithinBound).toBe(true);
}, 600_000);

/** What the node says of a run's moments, in its receipt, and when the hub had heard of its end by its own clock. */
function momentsOf(leaves: Leaves): { startedAt: number; finishedAt: number; toldAt: number } {
  const momentAt = (suffix: string) => {
    const [, value = ''] = [...leaves].find(([place]) => place.endsWith(suffix)) ?? [];
    const at = Date.parse(value.replace(/^string /, ''));
    if (Number.isNaN(at)) throw new Error(`the hub has no moment ${suffix}, but "${value}"`);
    return at;
  };
  return {
    startedAt: momentAt('.predicate.startedAt'),
    finishedAt: momentAt('.predicate.finishedAt'),
    toldAt: momentAt('.tables.runs[0].finished_at'),
  };
}

test('where text may leave, eight bits are charged for each byte of it', async () => {
  const challenge = await enter('text', { columns });
  const { channels, problems } = await measure(challenge, WORDY_ATTACKS);
  expect(problems).toEqual([]);
  for (const name of ['text: a digit', 'report: a digit']) {
    expect(channels.get(name)?.chargedBits).toBeGreaterThan(8);
  }
}, 600_000);

test('after all that, the hub has no trace of the data in any of its tables and files', async () => {
  // It does find what is there: the title of a competition.
  expect(await findTrace(network.hub, [Buffer.from('On ward')])).not.toBeNull();
  expect(await findTrace(network.hub, [MARK, REFERENCE_MARK].flatMap(tracesOf))).toBeNull();
});
