import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { eq } from 'drizzle-orm';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawZip } from '../../../test/fixtures/archives/raw-zip.ts';
import { type Actor, anonymous } from '../accounts/access.ts';
import { users } from '../accounts/schema.ts';
import { minimalYaml, ordinaryFiles } from '../bundles/testing/bundle.ts';
import { type Creations, createCreations } from '../creations/service.ts';
import type { Database } from '../db/database.ts';
import { createTestDatabase } from '../db/testing/test-database.ts';
import { Dispatcher } from '../dispatch/service.ts';
import { createSignedLinks } from '../http/signed-links.ts';
import { Jobs } from '../jobs/jobs.ts';
import { KeyRing } from '../keys/ring.ts';
import { Boards } from '../leaderboards/boards.ts';
import { LocalLiveBus } from '../live/bus.ts';
import { createReceiptDesk } from '../receipts/service.ts';
import { resources as resourceRows } from '../resources/schema.ts';
import { createResources, type Resources } from '../resources/service.ts';
import { loadAuthority } from '../sites/authority.ts';
import { createSites } from '../sites/service.ts';
import { defaultArchiveLimits } from '../storage/archive/index.ts';
import { DiskBlobStore } from '../storage/disk-blob-store.ts';
import { USUAL_CEILINGS } from './creation/ceilings.ts';
import { leaderboards, phases } from './schema.ts';
import { type Competitions, createCompetitions } from './service.ts';

let home: string;
let database: Database;
let resources: Resources;
let competitions: Competitions;
let creations: Creations;
let organizer: Actor;
let ada: Actor;
let bob: Actor;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'weir-competitions-'));
  database = await createTestDatabase();
  const log = pino({ level: 'silent' });
  const blobs = await DiskBlobStore.open(home);
  const live = new LocalLiveBus();
  const limits = { maxUploadBytes: 1e9, maxBytesPerPerson: 1e9 };
  resources = createResources({
    database,
    blobs,
    links: createSignedLinks(Buffer.alloc(32)),
    limits,
    log,
  });
  const jobs = new Jobs(database, log);
  const sites = createSites({
    database,
    authority: await loadAuthority(database, Buffer.alloc(32), 'test'),
    live,
    config: { name: 'test', grpcPublic: 'hub.test:1', leaseMs: 10_000 },
    log,
  });
  const keys = await KeyRing.load(database, Buffer.alloc(32), 'test');
  const dispatch = new Dispatcher({
    database,
    sites,
    live,
    boards: new Boards(),
    receipts: createReceiptDesk({ database, keys, log }),
    config: { leaseMs: 10_000, maxAttempts: 5, publicUrl: 'http://hub.test' },
    secrets: { artifactUrlKey: Buffer.alloc(32) },
    log,
  });
  creations = createCreations({ database, resources, jobs, live, log });
  competitions = createCompetitions({
    database,
    blobs,
    creations,
    jobs,
    resources,
    dispatch,
    ceilings: USUAL_CEILINGS,
    archives: defaultArchiveLimits,
    log,
  });
  [organizer, ada, bob] = await Promise.all([person('olga'), person('ada'), person('bob')]);
});

afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

async function person(username: string): Promise<Actor> {
  const [user] = await database.queries
    .insert(users)
    .values({ username, email: `${username}@example.org` })
    .returning();
  return { kind: 'user', via: 'session', user: user! };
}

async function upload(actor: Actor, files: Record<string, string | Buffer>): Promise<string> {
  const bytes = rawZip(Object.entries(files).map(([name, content]) => ({ name, content })));
  const { key, uploadPath } = await resources.startUpload(actor, {
    type: 'competition_bundle',
    fileName: 'bundle.zip',
    size: bytes.length,
  });
  await resources.receive(uploadPath, key, Readable.from([bytes]));
  return key;
}

/** Uploads a bundle of this YAML and makes the competition as the job would. */
async function create(yaml: string, files: Record<string, string | Buffer> = {}) {
  const key = await upload(organizer, { 'competition.yaml': yaml, ...ordinaryFiles, ...files });
  const { creationId } = await competitions.createFromBundle(organizer, key);
  await competitions.makeCompetition(creationId, new AbortController().signal);
  return creations.get(organizer, creationId);
}

async function createPublished(yaml = minimalYaml): Promise<number> {
  const { competitionId } = await create(yaml);
  await competitions.publish(organizer, competitionId!, true);
  return competitionId!;
}

test('a bundle becomes an unpublished competition with everything in it', async () => {
  const yaml = minimalYaml.replace('scoring_program: scoring.zip', 'scoring_program: scoring/');
  const creation = await create(yaml, {
    'scoring/metadata': 'command: python score.py',
    'scoring/score.py': '',
  });
  expect(creation).toMatchObject({ status: 'Finished' });
  const detail = await competitions.get(organizer, creation.competitionId!);
  expect(detail).toMatchObject({
    title: 'Sepsis',
    state: 'draft',
    published: false,
    canManage: true,
    pages: [{ title: 'Overview', html: expect.stringContaining('Overview</h1>') }],
    termsHtml: expect.stringContaining('Terms</h1>'),
    phases: [{ name: 'Main', state: 'upcoming', tasks: [{ name: 'Predict', sites: [] }] }],
    leaderboards: [{ title: 'Board', columns: [{ key: 'score', isPrimary: true }] }],
  });
  const [program] = await resources.list(organizer, { type: 'scoring_program', limit: 1 });
  expect(program).toMatchObject({ fileName: 'scoring.zip', digest: expect.stringMatching(/^sha256:/) });
  const logo = await competitions.logo(organizer, detail.id);
  expect(logo.mediaType).toBe('image/gif');
});

test('all problems of a bundle are reported together, by place and cure', async () => {
  const yaml = minimalYaml.replace('title: Sepsis\n', '').replace('overview.md}', 'missing.md}');
  const creation = await create(yaml);
  expect(creation).toMatchObject({ status: 'Failed', competitionId: null });
  expect(creation.problems.length).toBeGreaterThanOrEqual(2);
  expect(creation.details).toContain('missing.md');
});

test('a bundle can be checked without making anything: the same problems, those of the data included', async () => {
  const newest = async () => (await competitions.list(organizer, { mine: true })).items[0]?.id;
  const before = await newest();
  const check = async (yaml: string, files: Record<string, string | Buffer> = {}) => {
    const key = await upload(organizer, { 'competition.yaml': yaml, ...ordinaryFiles, ...files });
    const { creationId } = await competitions.checkBundle(organizer, key);
    await competitions.makeCompetition(creationId, new AbortController().signal);
    return creations.get(organizer, creationId);
  };
  expect(await check(`${minimalYaml}color: red\n`)).toMatchObject({
    status: 'Finished',
    checkOnly: true,
    competitionId: null,
    progress: { total: 2 },
    problems: [{ severity: 'note', code: 'key_ignored' }],
  });
  const broken = await check(`${minimalYaml.replace('title: Sepsis', 'title: ""')}`);
  expect(broken).toMatchObject({ status: 'Failed', problems: [{ code: 'key_missing', line: 2 }] });
  const key = '11111111-1111-4111-8111-111111111111';
  const unresolved = await check(`${minimalYaml}queue: ${key}\n`);
  expect(unresolved.problems.map(({ code }) => code)).toEqual(['queue_not_found']);
  expect(await newest()).toBe(before);
});

test('each phase has the leaderboard that it names', async () => {
  const { competitionId } = await create(
    `${minimalYaml.replace('tasks: [0]', 'tasks: [0]\n    leaderboard: second')}  - title: Second
    key: second
    columns:
      - {title: A, key: a, index: 0}
      - {title: B, key: b, index: 1}
      - {title: R, key: r, index: 2, computation: avg_rank, computation_indexes: [0, 1], computation_weights: [1, 3]}
`,
  );
  const [phase] = await database.queries
    .select({ key: leaderboards.key })
    .from(phases)
    .innerJoin(leaderboards, eq(leaderboards.id, phases.leaderboardId))
    .where(eq(phases.competitionId, competitionId!));
  expect(phase).toEqual({ key: 'second' });
});

test('a bundle that asks for more than the hub gives makes nothing, and is told how much there is', async () => {
  const greedy = '    tasks: [0]\n    resources: {memory: 65GiB, cpus: 2, gpus: 9}';
  const refused = await create(minimalYaml.replace('    tasks: [0]', greedy));
  expect(refused).toMatchObject({ status: 'Failed', competitionId: null });
  const beyond = refused.problems.filter(({ code }) => code === 'resources_over_ceiling');
  expect(beyond.map(({ where, cure }) => [where, cure])).toEqual([
    ['phases[0].resources.memory', expect.stringContaining('at most 64GiB')],
    ['phases[0].resources.gpus', expect.stringContaining('at most 8')],
  ]);
  const allowed = greedy.replace('65GiB', '64GiB').replace('gpus: 9', 'gpus: 8');
  expect(await create(minimalYaml.replace('    tasks: [0]', allowed))).toMatchObject({ status: 'Finished' });
});

test('keys of resources, tasks and queues that the maker may not use are problems too', async () => {
  const key = '11111111-1111-4111-8111-111111111111';
  const yaml = `${minimalYaml.replace('scoring.zip', key)}queue: ${key}\n`;
  const creation = await create(yaml);
  expect(creation.problems.map(({ code, where, line }) => [code, where, line])).toEqual([
    ['resource_not_found', 'tasks[0].scoring_program', 10],
    ['queue_not_found', 'queue', 20],
  ]);
});

test('a creation that runs twice makes one competition', async () => {
  const key = await upload(organizer, { 'competition.yaml': minimalYaml, ...ordinaryFiles });
  const { creationId } = await competitions.createFromBundle(organizer, key);
  const before = (await competitions.list(organizer, { mine: true, limit: 100 })).items.length;
  const { signal } = new AbortController();
  await Promise.all([
    competitions.makeCompetition(creationId, signal),
    competitions.makeCompetition(creationId, signal),
  ]);
  await competitions.makeCompetition(creationId, signal);
  expect((await competitions.list(organizer, { mine: true, limit: 100 })).items).toHaveLength(before + 1);
});

test('a fault of the hub is tried again, and ends with an apology instead of never', async () => {
  const key = await upload(organizer, { 'competition.yaml': minimalYaml, ...ordinaryFiles });
  const { creationId } = await competitions.createFromBundle(organizer, key);
  const { digest } = await resources.getReadable(organizer, key);
  await database.queries
    .update(resourceRows)
    .set({ digest: `sha256:${'0'.repeat(64)}` })
    .where(eq(resourceRows.key, key));
  const make = () => competitions.makeCompetition(creationId, new AbortController().signal);
  for (const _ of [1, 2, 3]) await expect(make()).rejects.toThrow('blob store');
  expect(await creations.get(organizer, creationId)).toMatchObject({ status: 'Starting' });
  await make();
  expect(await creations.get(organizer, creationId)).toMatchObject({
    status: 'Failed',
    problems: [{ code: 'internal' }],
  });
  await database.queries.update(resourceRows).set({ digest }).where(eq(resourceRows.key, key));
});

test('an archive at which the hub was killed each time does not have it killed for ever', async () => {
  const key = await upload(organizer, { 'competition.yaml': minimalYaml, ...ordinaryFiles });
  const { creationId } = await competitions.createFromBundle(organizer, key);
  const never = new Promise<never>(() => {});
  for (const _ of [1, 2, 3, 4]) {
    await new Promise<void>((begun) => {
      void creations.attempt(creationId, new AbortController().signal, () => {
        begun();
        return never;
      });
    });
  }
  await competitions.makeCompetition(creationId, new AbortController().signal);
  expect(await creations.get(organizer, creationId)).toMatchObject({
    status: 'Failed',
    problems: [{ code: 'internal' }],
  });
});

test('a creation is shown to its maker alone', async () => {
  const creation = await create(minimalYaml);
  await expect(creations.get(ada, creation.id)).rejects.toMatchObject({ code: 'creation_not_found' });
});

test('an unpublished competition is hidden, except for holders of its secret key', async () => {
  const { competitionId } = await create(minimalYaml);
  const id = competitionId!;
  const { secretKey } = await competitions.get(organizer, id);
  for (const actor of [anonymous, ada]) {
    await expect(competitions.get(actor, id)).rejects.toMatchObject({ code: 'competition_not_found' });
  }
  expect(await competitions.get(anonymous, id, secretKey)).toMatchObject({
    title: 'Sepsis',
    secretKey: null,
  });
  expect((await competitions.list(ada, { limit: 100 })).items.map((card) => card.id)).not.toContain(id);
});

test('joining waits for approval unless the competition approves by itself', async () => {
  const id = await createPublished();
  const join = (actor: Actor) => competitions.participation.join(actor, { id, acceptTermsVersion: 1 });
  expect(await join(ada)).toEqual({ status: 'pending' });
  expect(await join(organizer)).toEqual({ status: 'approved' });
  const { items } = await competitions.participation.list(organizer, {
    competitionId: id,
    status: 'pending',
  });
  expect(items).toMatchObject([{ username: 'ada' }]);
  await competitions.participation.decide(organizer, items[0]!.id, 'approved');
  expect((await competitions.get(ada, id)).my).toEqual({ status: 'approved', acceptedTermsVersion: 1 });
  const auto = await createPublished(`${minimalYaml}registration_auto_approve: true\n`);
  const request = { id: auto, acceptTermsVersion: 1 };
  expect(await competitions.participation.join(bob, request)).toEqual({ status: 'approved' });
});

test('joining needs the terms of today', async () => {
  const id = await createPublished();
  await expect(competitions.participation.join(ada, { id, acceptTermsVersion: 7 })).rejects.toMatchObject({
    code: 'terms_changed',
  });
});

test('who was denied stays denied', async () => {
  const id = await createPublished();
  const request = { id, acceptTermsVersion: 1 };
  await competitions.participation.join(bob, request);
  const { items } = await competitions.participation.list(organizer, { competitionId: id });
  await competitions.participation.decide(organizer, items[0]!.id, 'denied');
  await competitions.participation.leave(bob, id);
  await expect(competitions.participation.join(bob, request)).rejects.toMatchObject({
    code: 'participation_denied',
  });
});

test('strangers and participants cannot manage', async () => {
  const id = await createPublished();
  await expect(competitions.publish(ada, id, false)).rejects.toMatchObject({ code: 'organizers_only' });
  await expect(competitions.participation.list(ada, { competitionId: id })).rejects.toMatchObject({
    code: 'organizers_only',
  });
  await expect(competitions.remove(ada, id)).rejects.toMatchObject({ code: 'creator_only' });
  await competitions.remove(organizer, id);
  await expect(competitions.get(organizer, id)).rejects.toMatchObject({ code: 'competition_not_found' });
});

test('files of a phase are for participants, once it has begun', async () => {
  const withKit = minimalYaml.replace('tasks: [0]', 'tasks: [0]\n    starting_kit: scoring.zip');
  const upcoming = await competitions.get(ada, await createPublished(withKit));
  expect(upcoming.phases[0]!.files).toEqual([]);
  await expect(competitions.fileFor(ada, upcoming.phases[0]!.id, 'starting_kit')).rejects.toMatchObject({
    code: 'file_not_found',
  });
  const open = await competitions.get(ada, await createPublished(withKit.replace('2030', '2020')));
  const phaseId = open.phases[0]!.id;
  expect(open.phases[0]!.files).toMatchObject([
    { kind: 'starting_kit', url: `/files/phases/${phaseId}/starting_kit` },
  ]);
  await expect(competitions.fileFor(ada, phaseId, 'starting_kit')).rejects.toMatchObject({
    code: 'participants_only',
  });
  expect(await competitions.fileFor(organizer, phaseId, 'starting_kit')).toMatchObject({
    fileName: 'scoring.zip',
  });
  await expect(competitions.fileFor(organizer, phaseId, 'input_data')).rejects.toMatchObject({
    code: 'file_not_found',
  });
});

test('the list is searched, filtered by state and read page by page', async () => {
  const open = minimalYaml.replace('2030-01-01', '2020-01-01');
  const id = await createPublished(open.replace('title: Sepsis', 'title: 100% Æther_'));
  const found = await competitions.list(anonymous, { search: '0% æther_' });
  expect(found.items).toMatchObject([
    { id, state: 'open', currentPhase: { name: 'Main', endsAt: null }, mine: false },
  ]);
  expect((await competitions.list(anonymous, { search: '0_ æther' })).items).toEqual([]);
  const upcoming = await competitions.list(anonymous, { state: 'upcoming', limit: 100 });
  expect(upcoming.items.every(({ state }) => state === 'upcoming')).toBe(true);

  const seen: number[] = [];
  let cursor: string | null = null;
  do {
    const page = await competitions.list(organizer, { limit: 2, ...(cursor !== null && { cursor }) });
    seen.push(...page.items.map((card) => card.id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual((await competitions.list(organizer, { limit: 100 })).items.map((card) => card.id));
});
