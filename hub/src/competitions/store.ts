import { and, count, eq, getTableColumns, inArray, isNull, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { users } from '../accounts/schema.ts';
import type { Queries } from '../db/database.ts';
import { resources } from '../resources/schema.ts';
import { nodes, siteDatasets, sites } from '../sites/schema.ts';
import { submissions } from '../submissions/schema.ts';
import type { Membership } from './access.ts';
import { CompetitionInvalidError } from './errors.ts';
import {
  collaborators,
  columns,
  competitions,
  leaderboards,
  pages,
  participants,
  phases,
  phaseTasks,
  tasks,
} from './schema.ts';

export type Competition = typeof competitions.$inferSelect;
export type PhaseRow = typeof phases.$inferSelect;

/** A competition and one person's part in it. */
export type CompetitionForActor = Competition &
  Membership & { organizer: string; creator: string; acceptedTermsVersion: number | null };

const competitionForActor = {
  ...getTableColumns(competitions),
  organizer: sql<string>`coalesce(nullif(${users.displayName}, ''), ${users.username})`,
  creator: users.username,
  participantStatus: participants.status,
  acceptedTermsVersion: participants.acceptedTermsVersion,
  isCollaborator: sql<boolean>`${collaborators.userId} is not null`,
};

/** Nobody has this id. */
const NOBODY = 0;

export async function findCompetition(
  queries: Queries,
  id: number,
  userId: number | null,
): Promise<CompetitionForActor | null> {
  const me = userId ?? NOBODY;
  const [row] = await queries
    .select(competitionForActor)
    .from(competitions)
    .innerJoin(users, eq(users.id, competitions.createdBy))
    .leftJoin(participants, and(eq(participants.competitionId, competitions.id), eq(participants.userId, me)))
    .leftJoin(
      collaborators,
      and(eq(collaborators.competitionId, competitions.id), eq(collaborators.userId, me)),
    )
    .where(eq(competitions.id, id));
  return row ?? null;
}

export async function findPhase(
  queries: Queries,
  phaseId: number,
  userId: number | null,
): Promise<{ phase: PhaseRow; competition: CompetitionForActor } | null> {
  const me = userId ?? NOBODY;
  const [row] = await queries
    .select({ phase: getTableColumns(phases), competition: competitionForActor })
    .from(phases)
    .innerJoin(competitions, eq(competitions.id, phases.competitionId))
    .innerJoin(users, eq(users.id, competitions.createdBy))
    .leftJoin(participants, and(eq(participants.competitionId, competitions.id), eq(participants.userId, me)))
    .leftJoin(
      collaborators,
      and(eq(collaborators.competitionId, competitions.id), eq(collaborators.userId, me)),
    )
    .where(eq(phases.id, phaseId));
  return row ?? null;
}

export async function countsOf(
  queries: Queries,
  competitionId: number,
): Promise<{ participantCount: number; submissionCount: number; publicSubmissionCount: number }> {
  const approved = and(eq(participants.competitionId, competitionId), eq(participants.status, 'approved'));
  const roots = and(
    eq(phases.competitionId, competitionId),
    isNull(submissions.parentId),
    isNull(submissions.deletedAt),
    eq(submissions.isRehearsal, false),
  );
  const [participantCount, [counted]] = await Promise.all([
    queries.$count(participants, approved),
    queries
      .select({
        all: count(),
        published: sql<number>`(count(*) filter (where ${submissions.isPublic} and ${submissions.status} = 'Finished'))::int`,
      })
      .from(submissions)
      .innerJoin(phases, eq(phases.id, submissions.phaseId))
      .where(roots),
  ]);
  return {
    participantCount,
    submissionCount: counted?.all ?? 0,
    publicSubmissionCount: counted?.published ?? 0,
  };
}

/** Login names. */
export async function findCollaborators(queries: Queries, competitionId: number): Promise<string[]> {
  const rows = await queries
    .select({ username: users.username })
    .from(collaborators)
    .innerJoin(users, eq(users.id, collaborators.userId))
    .where(eq(collaborators.competitionId, competitionId))
    .orderBy(users.username);
  return rows.map(({ username }) => username);
}

/** @throws CompetitionInvalidError when one of them is nobody */
export async function setCollaborators(
  queries: Queries,
  competitionId: number,
  userIds: readonly number[],
): Promise<void> {
  const found = await queries
    .select({ userId: users.id })
    .from(users)
    .where(inArray(users.id, [...userIds]));
  const unknown = userIds.find((id) => !found.some(({ userId }) => userId === id));
  if (unknown !== undefined)
    throw new CompetitionInvalidError('collaborators', `Invalid pk "${unknown}" - object does not exist.`);
  await queries.delete(collaborators).where(eq(collaborators.competitionId, competitionId));
  if (found.length > 0)
    await queries.insert(collaborators).values(found.map(({ userId }) => ({ competitionId, userId })));
}

export function findPages(queries: Queries, competitionId: number) {
  return queries
    .select({ id: pages.id, title: pages.title, html: pages.html })
    .from(pages)
    .where(eq(pages.competitionId, competitionId))
    .orderBy(pages.index);
}

const publicData = alias(resources, 'public_data');
const startingKit = alias(resources, 'starting_kit');

const phaseWithFiles = { phase: getTableColumns(phases), publicData, startingKit };

export function findPhases(queries: Queries, competitionId: number) {
  return queries
    .select(phaseWithFiles)
    .from(phases)
    .leftJoin(publicData, eq(publicData.id, phases.publicDataId))
    .leftJoin(startingKit, eq(startingKit.id, phases.startingKitId))
    .where(eq(phases.competitionId, competitionId))
    .orderBy(phases.index);
}

export async function findPhaseFile(queries: Queries, phaseId: number, kind: 'public_data' | 'starting_kit') {
  const [row] = await queries
    .select({ digest: resources.digest, fileName: resources.fileName })
    .from(phases)
    .innerJoin(
      resources,
      eq(resources.id, kind === 'public_data' ? phases.publicDataId : phases.startingKitId),
    )
    .where(eq(phases.id, phaseId));
  return row ?? null;
}

export function findTasks(queries: Queries, phaseIds: readonly number[]) {
  return queries
    .select({
      phaseId: phaseTasks.phaseId,
      id: tasks.id,
      key: tasks.key,
      name: tasks.name,
      description: tasks.description,
      siteDatasetName: tasks.siteDatasetName,
      siteDatasetVersion: tasks.siteDatasetVersion,
      siteRule: tasks.siteRule,
    })
    .from(phaseTasks)
    .innerJoin(tasks, eq(tasks.id, phaseTasks.taskId))
    .where(inArray(phaseTasks.phaseId, [...phaseIds]))
    .orderBy(phaseTasks.phaseId, phaseTasks.index);
}

/** Sites that hold one of these datasets, and whether a node of theirs has been heard of within the last minute. */
export function findSitesHolding(queries: Queries, datasetNames: readonly string[]) {
  return queries
    .select({
      dataset: sql<string>`${siteDatasets.name} || '@' || ${siteDatasets.version}`,
      name: sites.name,
      formerNames: sites.formerNames,
      isOfPeer: sql<boolean>`${sites.peerId} is not null`,
      title: sites.title,
      sharesScores: sites.sharesScores,
      online: sql<boolean>`exists (select from ${nodes} where ${nodes.siteId} = ${sites.id} and ${nodes.revokedAt} is null
        and ${nodes.lastSeenAt} > now() - interval '1 minute')`,
    })
    .from(siteDatasets)
    .innerJoin(sites, eq(sites.id, siteDatasets.siteId))
    .where(inArray(siteDatasets.name, [...datasetNames]))
    .orderBy(sites.name);
}

export async function findLeaderboards(queries: Queries, competitionId: number) {
  const boards = await queries
    .select()
    .from(leaderboards)
    .where(eq(leaderboards.competitionId, competitionId))
    .orderBy(leaderboards.index);
  const all = await queries
    .select()
    .from(columns)
    .where(
      inArray(
        columns.leaderboardId,
        boards.map(({ id }) => id),
      ),
    )
    .orderBy(columns.index);
  return boards.map((board) => ({
    ...board,
    columns: all.filter(({ leaderboardId }) => leaderboardId === board.id),
  }));
}

export async function updateCompetition(
  queries: Queries,
  id: number,
  change: Partial<Pick<Competition, 'published' | 'deletedAt' | 'requiredAttributes'>>,
): Promise<void> {
  await queries.update(competitions).set(change).where(eq(competitions.id, id));
}
