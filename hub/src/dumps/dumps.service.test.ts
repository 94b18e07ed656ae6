import { buffer } from 'node:stream/consumers';
import { eq, getTableColumns } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bundle, DataReference } from '../bundles/model.ts';
import { anyBundle, pathsOf } from '../bundles/testing/any-bundle.ts';
import { PIXEL } from '../bundles/testing/bundle.ts';
import { type Ingredients, insertCompetition } from '../competitions/creation/insert.ts';
import {
  columns,
  competitions,
  leaderboards,
  pages,
  participants,
  phases,
  queues,
  tasks,
} from '../competitions/schema.ts';
import { pageFormatOf } from '../content/index.ts';
import { createTestHub, type TestHub, type TestPerson } from '../http/testing/test-hub.ts';
import { resources } from '../resources/schema.ts';
import type { CompleteResource, ResourceType } from '../resources/service.ts';
import { openArchive } from '../storage/archive/index.ts';
import { readCompetition, type StoredResource } from './read-competition.ts';
import { competitionDumps } from './schema.ts';
import { startAttempt } from './store.ts';

let hub: TestHub;
let organizer: TestPerson;
let stranger: TestPerson;
let queue: { id: number; key: string };
/** Of the stranger: what is public everybody may use, and nobody but its owner may take along what is not. */
let shared: CompleteResource;
const never = new AbortController().signal;

beforeAll(async () => {
  hub = await createTestHub();
  organizer = await hub.person('olga');
  stranger = await hub.person('sam');
  const inserted = await hub.context.database.queries
    .insert(queues)
    .values({ name: 'q', ownerId: organizer.id })
    .returning();
  queue = inserted[0]!;
  shared = await file('input_data', stranger.id, 'shared');
  await hub.context.database.queries
    .update(resources)
    .set({ isPublic: true })
    .where(eq(resources.id, shared.id));
});
afterAll(() => hub[Symbol.asyncDispose]());

async function file(type: ResourceType, createdBy: number, content: string) {
  const { database, resources } = hub.context;
  return resources.add(
    database.queries,
    { type, name: `${type} of ${createdBy}`, fileName: `${content}.zip`, createdBy },
    await store(content),
  );
}

function store(content: string | Buffer) {
  async function* bytes() {
    yield Buffer.from(content);
  }
  return hub.context.blobs.put(bytes(), { maxBytes: 1_000 });
}

/** Puts the bundle into the tables as a creation does, without a zip, a reader, a writer or a renderer in between. */
async function insert(bundle: Bundle): Promise<number> {
  const { database, resources } = hub.context;
  const text = ({ file, source }: { file: string; source: string }) => {
    return { format: pageFormatOf(file), source, html: '' };
  };
  const data = await Promise.all(
    pathsOf(bundle).map(async (path, index) => {
      const content = { blob: await store(`data ${index}`), fileName: `${index}.zip` };
      return [path.replace(/\/file$/, ''), content] as const;
    }),
  );
  const ingredients: Ingredients = {
    bundle,
    createdBy: organizer.id,
    content: {
      terms: text(bundle.terms),
      pages: bundle.pages.map((page) => ({ title: page.title, ...text(page) })),
    },
    logo: bundle.image === null ? null : { blob: await store(PIXEL), type: 'image/gif' },
    data: new Map(data),
    references: {
      resources: new Map([[shared.key, shared.id]]),
      tasks: new Map(),
      queueId: bundle.queue === null ? null : queue.id,
    },
  };
  return database.transaction((tx) => insertCompetition(tx, resources, ingredients));
}

/** The generator's keys are made up; these exist. */
function withKeysOfHere(bundle: Bundle): Bundle {
  const here = (reference: DataReference | null): DataReference | null =>
    reference?.kind === 'key' ? { kind: 'key', key: shared.key } : reference;
  return {
    ...bundle,
    queue: bundle.queue && queue.key,
    tasks: bundle.tasks.map((task) =>
      task.kind === 'key'
        ? task
        : {
            ...task,
            scoringProgram: here(task.scoringProgram),
            ingestionProgram: here(task.ingestionProgram),
            inputData: here(task.inputData),
            referenceData: here(task.referenceData),
          },
    ),
    phases: bundle.phases.map((phase) => ({
      ...phase,
      publicData: here(phase.publicData),
      startingKit: here(phase.startingKit),
    })),
    solutions: bundle.solutions.map((solution) =>
      solution.kind === 'key' ? { ...solution, key: shared.key } : solution,
    ),
  };
}

/** @returns the dump, once its job is done */
async function dump(
  competitionId: number,
  options: { content?: 'data' | 'keys'; withArchive?: boolean } = {},
) {
  const { dumps, database } = hub.context;
  const { dumpId } = await dumps.create(organizer.actor, competitionId, {
    content: options.content ?? 'data',
    withArchive: options.withArchive ?? false,
  });
  await dumps.make(dumpId, never);
  const [made] = await database.queries
    .select()
    .from(competitionDumps)
    .innerJoin(resources, eq(resources.id, competitionDumps.resourceId))
    .where(eq(competitionDumps.id, dumpId));
  expect(made).toBeDefined();
  const view = (await dumps.list(organizer.actor, competitionId)).find(({ id }) => id === dumpId)!;
  return { dumpId, view, key: made!.resources.key, digest: made!.resources.digest! };
}

async function restore(key: string, by = organizer) {
  const { creationId } = await hub.context.competitions.createFromBundle(by.actor, key);
  await hub.context.competitions.makeCompetition(creationId, never);
  return hub.context.creations.get(by.actor, creationId);
}

/** Every column of every table of the competition, but for what makes it another one; ids replaced by what they stand for. */
async function everything(competitionId: number) {
  const stored = await readCompetition(hub.context.database, competitionId);
  const placeOf = (rows: readonly { id: number }[], id: number | null) =>
    rows.findIndex((row) => row.id === id);
  const fileOf = (id: number | null) => {
    const resource = id === null ? null : stored.resources.get(id)!;
    return resource && described(resource);
  };
  const { competition } = stored;
  const {
    id: _id,
    secretKey: _secretKey,
    createdAt: _createdAt,
    termsHtml: _html,
    ...settings
  } = competition;
  return {
    settings,
    pages: stored.pages.map(({ id: _, competitionId: __, html: ___, ...page }) => page),
    phases: stored.phases.map(
      ({ id: _, competitionId: __, leaderboardId, publicDataId, startingKitId, ...phase }) => ({
        ...phase,
        board: placeOf(stored.leaderboards, leaderboardId),
        publicData: fileOf(publicDataId),
        startingKit: fileOf(startingKitId),
      }),
    ),
    phaseTasks: stored.phaseTasks.map(({ phaseId, taskId, ...link }) => ({
      ...link,
      phase: placeOf(stored.phases, phaseId),
      task: placeOf(stored.tasks, taskId),
    })),
    boards: stored.leaderboards.map(({ id: _, competitionId: __, ...board }) => board),
    columns: stored.columns.map(({ id: _, leaderboardId, ...column }) => ({
      ...column,
      board: placeOf(stored.leaderboards, leaderboardId),
    })),
    tasks: stored.tasks.map(
      ({
        id: _,
        key: __,
        createdAt: ___,
        scoringProgramId,
        ingestionProgramId,
        inputDataId,
        referenceDataId,
        ...task
      }) => ({
        ...task,
        files: [scoringProgramId, ingestionProgramId, inputDataId, referenceDataId].map(fileOf),
      }),
    ),
    solutions: stored.solutions
      .map(({ taskId, resourceId }) => ({ task: placeOf(stored.tasks, taskId), file: fileOf(resourceId) }))
      .toSorted((a, b) => a.task - b.task || JSON.stringify(a).localeCompare(JSON.stringify(b))),
  };
}

/** A copy of what somebody shares is the organizer's own, of whatever type it is used as. */
function described({ type, name, fileName, description, digest, size, isPublic }: StoredResource) {
  const content = { name, fileName, description, digest, size };
  return digest === shared.digest ? content : { ...content, type, isPublic };
}

describe.each(['data', 'keys'] as const)('a dump with %s', (content) => {
  test('is imported as the same competition, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(anyBundle(), async (any) => {
        const id = await insert(withKeysOfHere(any));
        const { key } = await dump(id, { content });
        const creation = await restore(key);
        expect(creation.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(await everything(creation.competitionId!)).toEqual(await everything(id));
      }),
      { numRuns: 15 },
    );
  }, 240_000);
});

const parametersOf = async () => fc.sample(anyBundle({ isDump: true }), { numRuns: 1, seed: 7 })[0]!;

test('a dump of the import of a dump is the same to the last byte', async () => {
  const id = await insert(withKeysOfHere(await parametersOf()));
  const first = await dump(id);
  const { competitionId } = await restore(first.key);
  expect((await dump(competitionId!)).digest).toBe(first.digest);
});

test('tasks and data of people who are no organizers are named by key, and the dump says so', async () => {
  const { database, competitions: feature } = hub.context;
  const id = await insert(withKeysOfHere(await parametersOf()));
  const secret = await file('reference_data', stranger.id, 'secret');
  const stored = await readCompetition(database, id);
  await database.queries
    .update(tasks)
    .set({ createdBy: stranger.id, isPublic: true, referenceDataId: secret.id })
    .where(eq(tasks.id, stored.tasks[0]!.id));
  const { digest, key, view } = await dump(id);
  expect(view.details).toContain('named by their keys');
  const { yaml, names } = await contentOf(digest);
  expect(yaml).toContain(stored.tasks[0]!.key);
  expect(names.join()).not.toContain('secret');
  const creation = await restore(key);
  const [imported] = (await readCompetition(database, creation.competitionId!)).tasks;
  expect(imported?.id).toBe(stored.tasks[0]!.id);
  await expect(feature.get(stranger.actor, id)).rejects.toMatchObject({ code: 'competition_not_found' });
});

test('a hub without its queue imports it all the same, with a note', async () => {
  const bundle = { ...withKeysOfHere(await parametersOf()), queue: queue.key };
  const { digest } = await dump(await insert(bundle));
  const bytes = await buffer(await hub.context.blobs.open(digest));
  const { key, uploadPath } = await hub.context.resources.startUpload(stranger.actor, {
    type: 'competition_bundle',
    fileName: 'd.zip',
    size: bytes.length,
  });
  async function* content() {
    yield bytes;
  }
  await hub.context.resources.receive(uploadPath, key, content());
  const creation = await restore(key, stranger);
  expect(creation).toMatchObject({ status: 'Finished' });
  expect(creation.problems).toContainEqual(
    expect.objectContaining({ severity: 'note', code: 'queue_not_found' }),
  );
  const { competition } = await readCompetition(hub.context.database, creation.competitionId!);
  expect(competition.queueId).toBeNull();
});

test('participants, submissions and scores go along where asked for, and are left alone by an import', async () => {
  const id = await insert(withKeysOfHere(await parametersOf()));
  await hub.context.database.queries
    .insert(participants)
    .values({ competitionId: id, userId: stranger.id, status: 'approved', acceptedTermsVersion: 1 });
  const plain = await dump(id);
  const archived = await dump(id, { withArchive: true });
  expect((await contentOf(plain.digest)).names.filter((name) => name.startsWith('archive/'))).toEqual([]);
  const { texts } = await contentOf(archived.digest);
  expect(texts.get('archive/participants.csv')).toMatch(/,sam,.*,approved,1,\d{4}-/);
  expect(texts.get('archive/submissions.csv')).toMatch(/^id,parent_id,phase_index/);
  expect(texts.get('archive/scores.csv')).toMatch(/^submission_id,/);
  expect(texts.get('archive/marks.csv')).toMatch(/^submission_id,is_baseline/);
  const creation = await restore(archived.key);
  expect(creation).toMatchObject({ status: 'Finished' });
  expect(await everything(creation.competitionId!)).toEqual(await everything(id));
});

test('asked for twice, it is made once; removed, it is gone', async () => {
  const { dumps } = hub.context;
  const id = await insert(withKeysOfHere(await parametersOf()));
  const options = { content: 'data', withArchive: false } as const;
  const [one, two] = await Promise.all([
    dumps.create(organizer.actor, id, options),
    dumps.create(organizer.actor, id, options),
  ]);
  expect(one).toEqual(two);
  await expect(dumps.fileOf(organizer.actor, one.dumpId)).rejects.toMatchObject({ code: 'dump_not_found' });
  await Promise.allSettled([dumps.make(one.dumpId, never), dumps.make(one.dumpId, never)]);
  expect(await dumps.list(organizer.actor, id)).toMatchObject([
    { id: one.dumpId, status: 'Finished', progress: null, file: { url: `/files/dumps/${one.dumpId}` } },
  ]);
  expect(await dumps.fileOf(organizer.actor, one.dumpId)).toMatchObject({ mediaType: 'application/zip' });
  await expect(dumps.fileOf(stranger.actor, one.dumpId)).rejects.toMatchObject({ code: 'dump_not_found' });
  await dumps.remove(organizer.actor, one.dumpId);
  expect(await dumps.list(organizer.actor, id)).toEqual([]);
  await expect(dumps.fileOf(organizer.actor, one.dumpId)).rejects.toMatchObject({ code: 'dump_not_found' });
});

test('a fault of the hub is tried again, and ends with an apology instead of never', async () => {
  const { dumps, database } = hub.context;
  const id = await insert({ ...withKeysOfHere(await parametersOf()), image: 'logo.gif' });
  await database.queries
    .update(competitions)
    .set({ logoDigest: `sha256:${'0'.repeat(64)}` })
    .where(eq(competitions.id, id));
  const { dumpId } = await dumps.create(organizer.actor, id, { content: 'data', withArchive: false });
  for (const _ of [1, 2, 3]) await expect(dumps.make(dumpId, never)).rejects.toThrow('blob store');
  await dumps.make(dumpId, never);
  expect(await dumps.list(organizer.actor, id)).toMatchObject([
    { status: 'Failed', details: expect.stringContaining('administrators'), file: null },
  ]);
});

test('a dump at which the hub was killed each time does not have it killed for ever', async () => {
  const { dumps, database } = hub.context;
  const id = await insert(withKeysOfHere(await parametersOf()));
  const { dumpId } = await dumps.create(organizer.actor, id, { content: 'data', withArchive: false });
  for (const _ of [1, 2, 3, 4]) expect(await startAttempt(database.queries, dumpId)).not.toBeNull();
  await dumps.make(dumpId, never);
  expect(await dumps.list(organizer.actor, id)).toMatchObject([{ status: 'Failed', file: null }]);
});

async function contentOf(digest: string) {
  await using blob = await hub.context.blobs.borrow(digest);
  await using archive = await openArchive(blob.path);
  const names = archive.entries.map(({ name }) => name);
  const texts = new Map<string, string>();
  for (const name of names.filter((name) => /\.(csv|yaml)$/.test(name))) {
    texts.set(name, (await archive.readEntry(name, 1_000_000)).toString());
  }
  return { names, texts, yaml: texts.get('competition.yaml')! };
}

describe('no column of a competition is forgotten', () => {
  /** What a dump does not carry: what makes a competition this one, and how it is shared on this hub. */
  const LEFT: Readonly<Record<string, readonly string[]>> = {
    competitions: ['id', 'createdBy', 'published', 'secretKey', 'termsVersion', 'createdAt', 'deletedAt'],
    tasks: `id key createdBy isPublic createdAt version changedBy changedAt changeNote deletedAt`.split(' '),
    pages: ['id', 'competitionId'],
    phases: ['id', 'competitionId'],
    leaderboards: ['id', 'competitionId'],
    columns: ['id', 'leaderboardId'],
  };
  const CARRIED: Readonly<Record<string, string>> = {
    competitions: `title description type dockerImage logoDigest logoMediaType termsFormat termsSource termsHtml reward contactEmail
      registrationAutoApprove allowRobotSubmissions enableDetailedResults showDetailedResultsInSubmissionPanel showDetailedResultsInLeaderboard
      autoRunSubmissions canParticipantsMakeSubmissionsPublic makeProgramsAvailable makeInputDataAvailable forumEnabled logLevel factSheet requiredAttributes queueId`,
    tasks: `name description scoringProgramId ingestionProgramId inputDataId referenceDataId ingestionOnlyDuringScoring siteDatasetName
      siteDatasetVersion siteDatasetInput siteDatasetReference siteRule attestations`,
    pages: 'index title format source html',
    phases: `index name description startsAt endsAt maxSubmissionsPerDay maxSubmissionsPerPerson maxSubmissionsPerMonth maxConcurrentSubmissions keepFormerVersions
      executionTimeLimitSeconds autoMigrateToThisPhase hideOutput hidePredictionOutput hideScoreOutput memoryBytes cpuMillis diskBytes gpus
      leaderboardId publicDataId startingKitId`,
    leaderboards:
      'index title key primaryIndex hidden submissionRule taskRule rankingTask anonymous splits ladderStep bootstrapSamples',
    columns: `index key title sorting precision hidden computation computationIndexes computationWeights groupTitle lowIndex highIndex scoreType scoreMin scoreMax
      scoreDecimals unit minCases`,
  };

  test.each(Object.entries({ competitions, tasks, pages, phases, leaderboards, columns }))(
    '%s: a new one is written by to-bundle.ts and read by a creation, or listed here as left out',
    (name, table) => {
      const known = [...LEFT[name]!, ...CARRIED[name]!.split(/\s+/)];
      expect(Object.keys(getTableColumns(table)).toSorted()).toEqual(known.toSorted());
    },
  );
});
