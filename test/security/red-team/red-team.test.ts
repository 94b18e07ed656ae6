import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BundleOptions, codeSubmission, competitionBundle, zip } from '../../harness/challenge.ts';
import type { Person } from '../../harness/person.ts';
import { type Challenge, TestNetwork } from '../../harness/test-network.ts';
import {
  ATTACKS,
  type Attack,
  colludingScorer,
  MARK,
  NARROW_ATTACK,
  REFERENCE_MARK,
  SECRETS,
  SLOW_ATTACK,
  submissionOf,
  WORDY_ATTACKS,
} from './attacks.ts';
import { Channel, type Leaves, leavesOf, Noise, tracesOf } from './counting.ts';
import { findTrace, type KnownRun, knowledgeOf } from './hub-knowledge.ts';
import { BUCKET_SECONDS, RedSite } from './red-site.ts';

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
      stepSeconds: 10,
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
  for (const id of ids) await ada.submissionOver(id, { within: 120_000, every: 250 });
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

/** How each attack went, by its name; and what is wrong, in words. */
async function measure(
  challenge: Challenge,
  attacks: Readonly<Record<string, Attack>>,
): Promise<{ channels: ReadonlyMap<string, Channel>; problems: readonly string[]; noise: Noise }> {
  const plans = Object.entries(attacks);
  const tried = await tryOut(challenge, [...CONTROLS, ...plans.map(([, plan]) => plan)]);
  const charges = await site.charges();
  const noise = new Noise(
    tried
      .slice(0, CONTROLS.length)
      .flat()
      .map(({ leaves }) => leaves),
  );
  const channels = new Map<string, Channel>();
  const problems: string[] = [];
  for (const [index, [name, { seen: expected }]] of plans.entries()) {
    const channel = new Channel(name);
    for (const { secret, runId, leaves } of tried[index + CONTROLS.length] ?? []) {
      channel.note({ secret, seen: noise.sightingOf(leaves), charged: charges.get(runId) ?? 0 });
    }
    channels.set(name, channel);
    const { secrets, distinct, chargedBits, isWithinBound } = channel;
    if (secrets !== SECRETS.length)
      problems.push(`${name}: ${secrets} of ${SECRETS.length} secrets were tried`);
    if (distinct !== expected)
      problems.push(`${name}: ${distinct} things can be told apart, not ${expected}`);
    if (!isWithinBound) problems.push(`${name}: ${chargedBits} bits are less than what has left`);
  }
  return { channels, problems, noise };
}

const unit = { range: [0, 1] };

test('of everything that has been tried, the hub can tell apart what scores and codes tell', async () => {
  const columns = [
    { key: 'score', ...unit },
    { key: 'other', ...unit },
  ];
  const { problems, noise } = await measure(await enter('ward', { columns }), ATTACKS);
  expect(problems).toEqual([]);
  // Identifiers, digests of what was submitted and seen, signatures. What has another name is no noise but a way out.
  const known =
    /(\.(id|run_?id|submission(_?id|Digest)?|parentId|task(_?id|Id|Key|Name)?|url|version|dataset(Digest)?|sha256|name|sig)|(_at|At))$/;
  expect(noise.places.filter((place) => !known.test(place))).toEqual([]);
}, 180_000);

test('one column of two values carries no more than it is charged for, alone or with all that accompanies it', async () => {
  const challenge = await enter('ward', { columns: [{ key: 'score', ...unit, decimals: 0 }] });
  const { channels, problems } = await measure(challenge, { narrow: NARROW_ATTACK });
  expect(problems).toEqual([]);
  const channel = channels.get('narrow');
  expect(channel?.measuredBits).toBe(2);
  // Kind of outcome, one of 0, 1 and absent, a moment, two sentences of the log: nothing of it is free.
  expect(channel?.chargedBits).toBeGreaterThan(1 + Math.log2(3));
});

test('moments tell buckets, and no more of them than are charged', async () => {
  const challenge = await enter('ward', { columns: [{ key: 'score', ...unit, decimals: 0 }] });
  const [runs = []] = await tryOut(challenge, [SLOW_ATTACK]);
  const charges = await site.charges();
  const channel = new Channel('moments');
  for (const { runId, secret } of runs) {
    const [row] = await network.hub.query<{ started_at: Date; finished_at: Date }>(
      'select started_at, finished_at from runs where id = $1',
      [runId],
    );
    const [startedAt = 0, finishedAt = 0] = [row?.started_at, row?.finished_at].map((at) => Number(at));
    expect([startedAt, finishedAt].map((at) => at % (BUCKET_SECONDS * 1000))).toEqual([0, 0]);
    const buckets = (finishedAt - startedAt) / (BUCKET_SECONDS * 1000);
    channel.note({ secret, seen: String(buckets), charged: charges.get(runId) ?? 0 });
  }
  expect(channel.secrets).toBe(SECRETS.length);
  expect(channel.distinct).toBeGreaterThan(1);
  expect(channel.isWithinBound).toBe(true);
});

test('where text may leave, eight bits are charged for each byte of it', async () => {
  const challenge = await enter('text', { columns: [{ key: 'score', ...unit }] });
  const { channels, problems } = await measure(challenge, WORDY_ATTACKS);
  expect(problems).toEqual([]);
  for (const name of ['text: a digit', 'report: a digit']) {
    expect(channels.get(name)?.chargedBits).toBeGreaterThan(8);
  }
});

/** Says whether it finds the answers anywhere; it holds their name in two halves, so as not to find itself. */
const SEEKER = `import os
sought = (${JSON.stringify(REFERENCE_MARK.slice(0, 9))} + ${JSON.stringify(REFERENCE_MARK.slice(9))}).encode()
def look():
    roots = ['/app', '/tmp', '/var', '/dev/shm', '/home', '/root', '/mnt', '/srv', '/run']
    for process in filter(str.isdigit, os.listdir('/proc')):
        roots += [f'/proc/{process}/{name}' for name in ['root/app', 'cwd', 'fd']]
    for root in roots:
        for folder, _folders, files in os.walk(root):
            for file in files:
                path = os.path.join(folder, file)
                try:
                    if os.path.isfile(path) and sought in open(path, 'rb').read(1 << 20): return 1
                except OSError: pass
    return 0
`;
const FINDINGS_SCORE: BundleOptions['scoringProgram'] = {
  metadata: 'command: python3 score.py\n',
  'score.py': `${SEEKER}import glob, json, time
while os.path.exists('/app/input/res/beside.txt') and not os.path.exists('/app/shared/found'): time.sleep(0.05)
found = [int(open(path).read()) for path in glob.glob('/app/input/res/found*') + glob.glob('/app/shared/found')]
json.dump({'score': max(found), 'other': look()}, open('/app/output/scores.json', 'w'))
`,
};
const ingest = (place: string, output: string) => ({
  metadata: 'command: python3 ingest.py\n',
  'ingest.py': `import os, sys
sys.path.insert(0, '${place}')
import model
found = model.look()
open('${output}.new', 'w').write(str(found))
os.rename('${output}.new', '${output}')
`,
});

/** How participant code comes to run, and what is submitted for it. */
const MODES: Readonly<Record<string, { options: object; submission: Buffer }>> = {
  'a submission of code': {
    options: {},
    submission: codeSubmission(`${SEEKER}open('/app/output/found.txt', 'w').write(str(look()))`),
  },
  'an ingestion program that imports the submission': {
    options: { ingestionProgram: ingest('/app/ingested_program', '/app/output/found.txt') },
    submission: zip({ metadata: 'description: imported\n', 'model.py': SEEKER }),
  },
  'ingestion beside scoring': {
    options: {
      ingestionProgram: ingest('/app/ingested_program', '/app/shared/found'),
      ingestionOnlyDuringScoring: true,
    },
    submission: zip({ metadata: 'description: imported\n', 'model.py': SEEKER, 'beside.txt': '' }),
  },
};

test.each(Object.entries(MODES))(
  'the answers are out of reach of %s',
  async (mode, { options, submission }) => {
    const challenge = await enter('ward', {
      title: mode,
      tasks: [{ siteData: 'ward@0', ...options }],
      scoringProgram: FINDINGS_SCORE,
      columns: [
        { key: 'score', ...unit },
        { key: 'other', ...unit },
      ],
    });
    const id = await ada.submit(challenge.phaseId, submission);
    const { explanation, scores } = await ada.submissionOver(id, { within: 60_000 });
    expect(explanation).toBeNull();
    // The scoring program does find them.
    expect(scores).toMatchObject([{ raw: 0 }, { raw: 1 }]);
  },
);

test('after all that, the hub has no trace of the data in any of its tables and files', async () => {
  const known = await findTrace(network.hub, [Buffer.from('ingestion beside scoring')]);
  expect(known).not.toBeNull();
  expect(await findTrace(network.hub, [MARK, REFERENCE_MARK].flatMap(tracesOf))).toBeNull();
});
