import { users } from '../../accounts/schema.ts';
import { DEFAULT_SITE_RULE, type SiteRule } from '../../bundles/site-rule.ts';
import {
  columns,
  competitions,
  leaderboards,
  phases,
  phaseTasks,
  queues,
  tasks,
} from '../../competitions/schema.ts';
import type { Database } from '../../db/database.ts';
import { resources } from '../../resources/schema.ts';
import type { IssuedCertificate } from '../../sites/authority.ts';
import { ensureDefaultQueue } from '../../sites/default-queue.ts';
import { nodes, siteDatasets, siteQueues, sites } from '../../sites/schema.ts';
import type { NewSubmission } from '../admission.ts';

export interface Seed {
  readonly ownerId: number;
  readonly phaseId: number;
  readonly taskIds: number[];
  /** A submission of the owner that passes every check but the limits. */
  submission(changes?: Partial<NewSubmission>): NewSubmission;
}

interface SeedOptions {
  readonly perDay?: number | null;
  readonly perPerson?: number | null;
  readonly startsAt?: Date;
  readonly endsAt?: Date | null;
  readonly tasks?: number;
  readonly siteData?: string | null;
  readonly siteRule?: Partial<SiteRule>;
}

const DIGEST = `sha256:${'0'.repeat(64)}`;

/** One competition with one phase and a board of one column on which the latest submission stands. */
export async function seedPhase(
  { queries }: Database,
  {
    perDay = null,
    perPerson = null,
    startsAt = new Date(0),
    endsAt = null,
    tasks: count = 1,
    siteData = null,
    siteRule = {},
  }: SeedOptions = {},
): Promise<Seed> {
  await ensureDefaultQueue(queries);
  const username = `person-${crypto.randomUUID().slice(0, 8)}`;
  const [owner] = await queries
    .insert(users)
    .values({ username, email: `${username}@example.org` })
    .returning();
  const createdBy = owner!.id;
  const [competition] = await queries
    .insert(competitions)
    .values({ title: 'Sepsis', createdBy, dockerImage: 'none' })
    .returning();
  const competitionId = competition!.id;
  const [board] = await queries
    .insert(leaderboards)
    .values({ competitionId, title: 'Results', key: 'results', submissionRule: 'Force_Last' })
    .returning();
  await queries.insert(columns).values({ leaderboardId: board!.id, index: 0, key: 'score', title: 'Score' });
  const [phase] = await queries
    .insert(phases)
    .values({
      competitionId,
      index: 0,
      name: 'Main',
      startsAt,
      endsAt,
      leaderboardId: board!.id,
      maxSubmissionsPerDay: perDay,
      maxSubmissionsPerPerson: perPerson,
    })
    .returning();
  const phaseId = phase!.id;
  const file = {
    name: 'file',
    fileName: 'file.zip',
    createdBy,
    digest: DIGEST,
    size: 10,
    uploadedAt: new Date(),
  };
  const [program] = await queries
    .insert(resources)
    .values({ ...file, type: 'scoring_program' })
    .returning();
  const [upload] = await queries
    .insert(resources)
    .values({ ...file, type: 'submission' })
    .returning();
  const taskRows = await queries
    .insert(tasks)
    .values(
      Array.from({ length: count }, (_, index) => ({
        name: `Task ${index}`,
        createdBy,
        scoringProgramId: program!.id,
        ...(siteData && {
          siteDatasetName: siteData,
          siteDatasetVersion: '1',
          siteDatasetInput: true,
          siteDatasetReference: true,
          siteRule: { ...DEFAULT_SITE_RULE, ...siteRule },
        }),
      })),
    )
    .returning();
  const taskIds = taskRows.map(({ id }) => id);
  await queries.insert(phaseTasks).values(taskIds.map((taskId, index) => ({ phaseId, taskId, index })));
  return {
    ownerId: createdBy,
    phaseId,
    taskIds,
    submission: (changes = {}) => ({
      phaseId,
      ownerId: createdBy,
      resourceId: upload!.id,
      name: '',
      description: '',
      fileName: 'file.zip',
      factSheetAnswers: null,
      taskIds,
      limited: true,
      isSpecificTaskReRun: false,
      start: true,
      ...changes,
    }),
  };
}

/** A site with one node, which serves the default queue and holds `dataset` in version 1. */
export async function seedNode(
  { queries }: Database,
  siteName: string,
  dataset: string | null = null,
  { sharesScores = true, counts = {} }: { sharesScores?: boolean; counts?: Record<string, number> } = {},
) {
  await ensureDefaultQueue(queries);
  const [site] = await queries
    .insert(sites)
    .values({ name: siteName, title: `${siteName} hospital`, sharesScores })
    .returning();
  const siteId = site!.id;
  const [queue] = await queries.select().from(queues);
  await queries.insert(siteQueues).values({ siteId, queueId: queue!.id });
  const issued: Pick<IssuedCertificate, 'serial' | 'expiresAt'> = {
    serial: '01',
    expiresAt: new Date(Date.now() + 1e9),
  };
  const [node] = await queries
    .insert(nodes)
    .values({
      siteId,
      name: `${siteName}-1`,
      certificateSerial: issued.serial,
      certificateExpiresAt: issued.expiresAt,
    })
    .returning();
  if (dataset) {
    await queries.insert(siteDatasets).values({
      siteId,
      name: dataset,
      version: '1',
      digest: DIGEST,
      hasInput: true,
      hasReference: true,
      counts,
    });
  }
  return {
    id: node!.id,
    name: node!.name,
    siteId,
    siteName,
    sitePaused: false,
    drainRequested: false,
    certificatesFrom: null,
    queueIds: [queue!.id],
    nodesOfSite: 1,
  };
}
