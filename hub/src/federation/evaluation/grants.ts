import { and, asc, eq, sql } from 'drizzle-orm';
import { type Actor, requireAdmin } from '../../accounts/access.ts';
import { users } from '../../accounts/schema.ts';
import type { Database, Queries } from '../../db/database.ts';
import { siteDatasets, sites } from '../../sites/schema.ts';
import { peerCompetitions } from '../catalogue/schema.ts';
import type { PeerDirectory } from '../peers/directory.ts';
import type { Relations } from '../peers/relation.ts';
import { GrantError, GrantMissingError } from './errors.ts';
import { evaluationGrants } from './schema.ts';
import type { SiteListing } from './wire.ts';

export interface NewGrant {
  readonly peerId: number;
  /** Number of the competition at that hub. */
  readonly competitionId: number;
  /** Name of a site of this hub. */
  readonly site: string;
  readonly dataset: { readonly name: string; readonly version: string };
}

export interface Grant extends NewGrant {
  readonly id: number;
  readonly siteTitle: string;
  /** As this hub's copy of that hub's catalogue has it; null when it is not in there. */
  readonly competitionTitle: string | null;
  readonly grantedBy: string | null;
  readonly grantedAt: Date;
}

/** What administrators let competitions of peers use. The site's own policy comes after, and may still say no. */
export class Grants {
  readonly #database: Database;
  readonly #directory: PeerDirectory;
  readonly #relations: Pick<Relations, 'event'>;

  constructor(parts: {
    readonly database: Database;
    readonly directory: PeerDirectory;
    readonly relations: Pick<Relations, 'event'>;
  }) {
    this.#database = parts.database;
    this.#directory = parts.directory;
    this.#relations = parts.relations;
  }

  /** With what there is to choose from: the data that sites of this hub hold. */
  async list(
    actor: Actor,
  ): Promise<{ grants: Grant[]; choices: Pick<Grant, 'site' | 'siteTitle' | 'dataset'>[] }> {
    requireAdmin(actor);
    const { queries } = this.#database;
    const dataset = { name: evaluationGrants.datasetName, version: evaluationGrants.datasetVersion };
    const [grants, held] = await Promise.all([
      queries
        .select({
          id: evaluationGrants.id,
          peerId: evaluationGrants.peerId,
          competitionId: evaluationGrants.competitionId,
          competitionTitle: peerCompetitions.title,
          site: sites.name,
          siteTitle: sites.title,
          dataset,
          grantedBy: users.username,
          grantedAt: evaluationGrants.grantedAt,
        })
        .from(evaluationGrants)
        .innerJoin(sites, eq(sites.id, evaluationGrants.siteId))
        .leftJoin(users, eq(users.id, evaluationGrants.grantedBy))
        .leftJoin(
          peerCompetitions,
          and(
            eq(peerCompetitions.peerId, evaluationGrants.peerId),
            eq(peerCompetitions.competitionId, evaluationGrants.competitionId),
          ),
        )
        .orderBy(asc(evaluationGrants.id)),
      queries
        .select({
          site: sites.name,
          siteTitle: sites.title,
          dataset: { name: siteDatasets.name, version: siteDatasets.version },
        })
        .from(siteDatasets)
        .innerJoin(sites, eq(sites.id, siteDatasets.siteId))
        .where(sql`${sites.peerId} is null`)
        .orderBy(asc(sites.title), asc(siteDatasets.name), asc(siteDatasets.version)),
    ]);
    return { grants, choices: held };
  }

  /** @throws PeerMissingError | GrantError */
  async add(actor: Actor, { peerId, competitionId, site, dataset }: NewGrant): Promise<void> {
    const { id: userId } = requireAdmin(actor);
    await this.#directory.get(peerId);
    await this.#database.transaction(async ({ queries }) => {
      const [held] = await queries
        .select({ siteId: sites.id })
        .from(siteDatasets)
        .innerJoin(sites, eq(sites.id, siteDatasets.siteId))
        .where(
          and(
            eq(sites.name, site),
            sql`${sites.peerId} is null`,
            eq(siteDatasets.name, dataset.name),
            eq(siteDatasets.version, dataset.version),
          ),
        );
      if (!held)
        throw new GrantError(`no site of this hub called "${site}" holds ${dataset.name}@${dataset.version}`);
      const added = await queries
        .insert(evaluationGrants)
        .values({
          peerId,
          competitionId,
          siteId: held.siteId,
          datasetName: dataset.name,
          datasetVersion: dataset.version,
          grantedBy: userId,
        })
        .onConflictDoNothing()
        .returning({ id: evaluationGrants.id });
      if (added.length === 0) return;
      const details = { competitionId, site, dataset: `${dataset.name}@${dataset.version}` };
      await this.#relations.event(queries, { peerId, kind: 'evaluation_granted', userId, details });
    });
  }

  /** @throws GrantMissingError */
  async withdraw(actor: Actor, id: number): Promise<void> {
    const { id: userId } = requireAdmin(actor);
    await this.#database.transaction(async ({ queries }) => {
      const [gone] = await queries.delete(evaluationGrants).where(eq(evaluationGrants.id, id)).returning();
      if (!gone) throw new GrantMissingError();
      const { peerId, competitionId, datasetName, datasetVersion } = gone;
      const details = { competitionId, dataset: `${datasetName}@${datasetVersion}` };
      await this.#relations.event(queries, { peerId, kind: 'evaluation_withdrawn', userId, details });
    });
  }
}

/** What a peer may use, as it is told. */
export async function listFor(queries: Queries, peerId: number): Promise<SiteListing> {
  const rows = await queries
    .select({
      id: sites.id,
      name: sites.name,
      title: sites.title,
      sharesScores: sites.sharesScores,
      dataset: {
        name: siteDatasets.name,
        version: siteDatasets.version,
        digest: siteDatasets.digest,
        hasInput: siteDatasets.hasInput,
        hasReference: siteDatasets.hasReference,
        hasSynthetic: siteDatasets.hasSynthetic,
        counts: siteDatasets.counts,
      },
      competitions: sql<
        number[]
      >`array_agg(${evaluationGrants.competitionId} order by ${evaluationGrants.competitionId})`,
    })
    .from(evaluationGrants)
    .innerJoin(sites, eq(sites.id, evaluationGrants.siteId))
    .innerJoin(
      siteDatasets,
      and(
        eq(siteDatasets.siteId, evaluationGrants.siteId),
        eq(siteDatasets.name, evaluationGrants.datasetName),
        eq(siteDatasets.version, evaluationGrants.datasetVersion),
      ),
    )
    .where(eq(evaluationGrants.peerId, peerId))
    .groupBy(sites.id, siteDatasets.siteId, siteDatasets.name, siteDatasets.version)
    .orderBy(sites.name, siteDatasets.name, siteDatasets.version);
  return {
    sites: [...Map.groupBy(rows, ({ id }) => id)].map(([id, held]) => ({
      id,
      name: held[0]!.name,
      title: held[0]!.title,
      sharesScores: held[0]!.sharesScores,
      datasets: held.map(({ dataset, competitions }) => ({ ...dataset, competitions })),
    })),
  };
}

/** Whether a peer may use the data of a site. */
export async function isGranted(
  queries: Queries,
  { peerId, competitionId, siteId, dataset }: Omit<NewGrant, 'site'> & { readonly siteId: number },
): Promise<boolean> {
  const grants = await queries.$count(
    evaluationGrants,
    and(
      eq(evaluationGrants.peerId, peerId),
      eq(evaluationGrants.competitionId, competitionId),
      eq(evaluationGrants.siteId, siteId),
      eq(evaluationGrants.datasetName, dataset.name),
      eq(evaluationGrants.datasetVersion, dataset.version),
    ),
  );
  return grants > 0;
}
