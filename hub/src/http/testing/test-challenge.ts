import { randomUUID } from 'node:crypto';
import type { Actor } from '../../accounts/access.ts';
import {
  columns,
  competitions,
  leaderboards,
  participants,
  phases,
  phaseTasks,
  tasks,
} from '../../competitions/schema.ts';
import { creations } from '../../creations/schema.ts';
import { runs } from '../../dispatch/schema.ts';
import { competitionDumps } from '../../dumps/schema.ts';
import { leaderboardEntries } from '../../leaderboards/schema.ts';
import { receipts } from '../../receipts/schema.ts';
import type { ResourceType } from '../../resources/service.ts';
import { nodes, siteStewards, sites } from '../../sites/schema.ts';
import { scores, submissions } from '../../submissions/schema.ts';
import type { TestHub, TestPerson } from './test-hub.ts';

/** Everybody whose rights differ: `user` has nothing to do with the competition, and looks after another site than `steward` does. */
export type Role = 'anonymous' | 'user' | 'steward' | 'participant' | 'organizer' | 'admin';
export const ROLES: readonly Role[] = ['anonymous', 'user', 'steward', 'participant', 'organizer', 'admin'];
export type People = Readonly<Record<Exclude<Role, 'anonymous'>, TestPerson>>;

export async function createPeople(hub: TestHub): Promise<People> {
  return {
    user: await hub.person('user'),
    steward: await hub.person('steward'),
    participant: await hub.person('participant'),
    organizer: await hub.person('organizer'),
    admin: await hub.person('admin', { isAdmin: true }),
  };
}

export type TestChallenge = Awaited<ReturnType<typeof createTestChallenge>>;

/** A published competition with one of everything that can be asked for, and nothing of it used up. */
export async function createTestChallenge({ context }: TestHub, people: People) {
  const { queries } = context.database;
  const { blobs, resources } = context;
  const organizerId = people.organizer.id;
  const insertOne = async <Row>(rows: Promise<Row[]>) => (await rows)[0]!;
  const store = (content: string) => blobs.put(toBytes(content), { maxBytes: 1_000 });
  const file = async (type: ResourceType, createdBy: number) =>
    resources.add(queries, { type, name: type, fileName: `${type}.zip`, createdBy }, await store(type));

  const logo = await store('<svg xmlns="http://www.w3.org/2000/svg"/>');
  const competition = await insertOne(
    queries
      .insert(competitions)
      .values({
        title: 'Test challenge',
        createdBy: organizerId,
        dockerImage: 'none',
        published: true,
        registrationAutoApprove: true,
        enableDetailedResults: true,
        autoRunSubmissions: true,
        logoDigest: logo.digest,
        logoMediaType: 'image/png',
      })
      .returning(),
  );
  const competitionId = competition.id;
  const participation = await insertOne(
    queries
      .insert(participants)
      .values({ competitionId, userId: people.participant.id, status: 'approved', acceptedTermsVersion: 1 })
      .returning(),
  );
  const board = await insertOne(
    queries
      .insert(leaderboards)
      .values({
        competitionId,
        title: 'Results',
        key: 'results',
        submissionRule: 'Add_And_Delete',
        splits: [{ key: 'final', title: 'Final', columns: [0], visibility: 'organizers', visibleFrom: null }],
      })
      .returning(),
  );
  const column = await insertOne(
    queries
      .insert(columns)
      .values({ leaderboardId: board.id, index: 0, key: 'score', title: 'Score' })
      .returning(),
  );
  const publicData = await file('public_data', organizerId);
  const phase = await insertOne(
    queries
      .insert(phases)
      .values({
        competitionId,
        index: 0,
        name: 'Main',
        startsAt: new Date(0),
        leaderboardId: board.id,
        publicDataId: publicData.id,
      })
      .returning(),
  );
  const program = await file('scoring_program', organizerId);
  const task = await insertOne(
    queries
      .insert(tasks)
      .values({ name: 'Task', createdBy: organizerId, scoringProgramId: program.id })
      .returning(),
  );
  await queries.insert(phaseTasks).values({ phaseId: phase.id, taskId: task.id, index: 0 });

  const bundle = await file('competition_bundle', organizerId);
  const creation = await insertOne(
    queries
      .insert(creations)
      .values({ resourceId: bundle.id, createdBy: organizerId, status: 'Finished', competitionId })
      .returning(),
  );

  const dump = await insertOne(
    queries
      .insert(competitionDumps)
      .values({ competitionId, createdBy: organizerId, status: 'Finished', resourceId: bundle.id })
      .returning(),
  );

  const entry = await file('submission', people.participant.id);
  const submission = await insertOne(
    queries
      .insert(submissions)
      .values({
        phaseId: phase.id,
        ownerId: people.participant.id,
        taskId: task.id,
        resourceId: entry.id,
        fileName: entry.fileName,
        status: 'Finished',
        finishedAt: new Date(),
      })
      .returning(),
  );
  const entered = await insertOne(
    queries
      .insert(submissions)
      .values({
        phaseId: phase.id,
        ownerId: people.participant.id,
        taskId: task.id,
        resourceId: entry.id,
        fileName: entry.fileName,
        status: 'Finished',
        finishedAt: new Date(),
      })
      .returning(),
  );
  await queries.insert(leaderboardEntries).values({
    phaseId: phase.id,
    ownerId: people.participant.id,
    slot: 0,
    submissionId: entered.id,
    sortKey: ['Infinity'],
    submittedAt: entered.createdAt,
  });
  const outputs = {
    prediction_result: (await store('predictions')).digest,
    scoring_result: (await store('scores')).digest,
    detailed_result: (await store('<h1>Report</h1>')).digest,
  };
  const run = await insertOne(
    queries
      .insert(runs)
      .values({ submissionId: submission.id, state: 'finished', attempt: 1, outputs, finishedAt: new Date() })
      .returning(),
  );
  await queries.insert(scores).values({ submissionId: submission.id, columnId: column.id, value: '0.75' });
  const envelope = JSON.stringify({
    payloadType: 'application/vnd.in-toto+json',
    payload: '',
    signatures: [],
  });
  await queries.insert(receipts).values({ runId: run.id, attempt: 1, envelope });

  const site = await insertOne(
    queries
      .insert(sites)
      .values({ name: `site-${randomUUID().slice(0, 8)}`, title: 'Site' })
      .returning(),
  );
  const other = await insertOne(
    queries
      .insert(sites)
      .values({ name: `site-${randomUUID().slice(0, 8)}`, title: 'Other site' })
      .returning(),
  );
  await queries.insert(siteStewards).values([
    { siteId: site.id, userId: people.steward.id },
    { siteId: other.id, userId: people.user.id },
  ]);
  const node = await insertOne(
    queries
      .insert(nodes)
      .values({ siteId: site.id, name: 'node', certificateSerial: '1', certificateExpiresAt: new Date() })
      .returning(),
  );
  return {
    competitionId,
    phaseId: phase.id,
    leaderboardId: board.id,
    taskId: task.id,
    taskKey: task.key,
    participantId: participation.id,
    creationId: creation.id,
    dumpId: dump.id,
    bundleKey: bundle.key,
    submissionId: submission.id,
    submissionKey: entry.key,
    /** On the board. */
    enteredId: entered.id,
    runId: run.id,
    site: site.name,
    steward: people.steward.username,
    nodeId: node.id,
  };
}

export function actorOf(people: People, role: Role): Actor {
  return role === 'anonymous' ? { kind: 'anonymous' } : people[role].actor;
}

async function* toBytes(content: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(content);
}
