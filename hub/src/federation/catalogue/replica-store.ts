import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import type { KnownPeer } from '../peers/directory.ts';
import type { Relations } from '../peers/relation.ts';
import { openDuring } from './descriptor.ts';
import { CatalogueRefusedError } from './errors.ts';
import type { RestartReason, Taken } from './replication.ts';
import { catalogueReplicas, peerCompetitions } from './schema.ts';

/** How far a peer's catalogue has been read. */
export interface Replica {
  readonly generation: number;
  readonly cursor: number;
  readonly cursorDigest: string | null;
}

/** What is kept of the catalogues of peers. */
export class ReplicaStore {
  readonly #database: Database;
  readonly #relations: Pick<Relations, 'event'>;

  constructor(database: Database, relations: Pick<Relations, 'event'>) {
    this.#database = database;
    this.#relations = relations;
  }

  /** Where to go on; from the beginning for a hub that is new, or was accepted under a new identity. */
  async open(peer: KnownPeer): Promise<Replica> {
    const { queries } = this.#database;
    await queries
      .insert(catalogueReplicas)
      .values({ peerId: peer.id, rootId: peer.rootId })
      .onConflictDoNothing();
    const [replica] = await queries
      .select()
      .from(catalogueReplicas)
      .where(eq(catalogueReplicas.peerId, peer.id));
    return replica!.rootId === peer.rootId ? replica! : this.restart(peer, replica!, 'rekeyed');
  }

  async restart(peer: KnownPeer, before: Replica, reason: RestartReason): Promise<Replica> {
    const next: Replica = { generation: before.generation + 1, cursor: 0, cursorDigest: null };
    await this.#database.transaction(async ({ queries }) => {
      const { rowCount } = await queries
        .update(catalogueReplicas)
        .set({ ...next, rootId: peer.rootId, skipped: 0 })
        .where(isAt(peer.id, before));
      if (rowCount !== 1) return;
      const details = { reason, readUpTo: before.cursor };
      await this.#relations.event(queries, { peerId: peer.id, kind: 'catalogue_restarted', details });
    });
    return next;
  }

  /**
   * Takes one page and moves the cursor, both or neither.
   * @returns false when another process has moved it meanwhile: then nothing is done
   * @throws CatalogueRefusedError when there would be too many
   */
  apply(
    peerId: number,
    before: Replica,
    next: Replica,
    page: {
      readonly taken: readonly Taken[];
      readonly skipped: number;
      readonly isEnd: boolean;
      readonly most: number;
    },
  ): Promise<boolean> {
    return this.#database.transaction(async ({ queries }) => {
      const { rowCount } = await queries
        .update(catalogueReplicas)
        .set({
          cursor: next.cursor,
          cursorDigest: next.cursorDigest,
          skipped: sql`${catalogueReplicas.skipped} + ${page.skipped}`,
          ...(page.isEnd ? { readAt: sql`now()`, problem: null, problemDetail: null, problemAt: null } : {}),
        })
        .where(isAt(peerId, before));
      if (rowCount !== 1) return false;
      // The last word about each counts.
      const last = new Map(page.taken.map((entry) => [entry.competitionId, entry]));
      const gone = [...last.values()].filter(({ descriptor }) => !descriptor);
      if (gone.length > 0) {
        const ids = gone.map(({ competitionId }) => competitionId);
        await queries
          .delete(peerCompetitions)
          .where(and(eq(peerCompetitions.peerId, peerId), inArray(peerCompetitions.competitionId, ids)));
      }
      const rows = [...last.values()].flatMap((entry) => toRow(peerId, next.generation, entry) ?? []);
      if (rows.length === 0) return true;
      const excluded = (column: string) => sql.raw(`excluded.${column}`);
      await queries
        .insert(peerCompetitions)
        .values(rows)
        .onConflictDoUpdate({
          target: [peerCompetitions.peerId, peerCompetitions.competitionId],
          set: {
            sequence: excluded('sequence'),
            generation: excluded('generation'),
            title: excluded('title'),
            description: excluded('description'),
            type: excluded('type'),
            openDuring: excluded('open_during'),
            descriptor: excluded('descriptor'),
            listedAt: sql`least(${peerCompetitions.listedAt}, excluded.listed_at)`,
            receivedAt: excluded('received_at'),
            signed: excluded('signed'),
            keyId: excluded('key_id'),
            signature: excluded('signature'),
          },
        });
      const count = await queries.$count(peerCompetitions, eq(peerCompetitions.peerId, peerId));
      if (count > page.most)
        throw new CatalogueRefusedError('too_many', `it lists more than ${page.most} competitions`);
      return true;
    });
  }

  /** Told to administrators once, not each minute. */
  async noteProblem(peer: KnownPeer, problem: string, detail: string): Promise<void> {
    await this.#database.transaction(async ({ queries }) => {
      const [replica] = await queries
        .select({ problem: catalogueReplicas.problem })
        .from(catalogueReplicas)
        .where(eq(catalogueReplicas.peerId, peer.id))
        .for('update');
      if (!replica) return;
      await queries
        .update(catalogueReplicas)
        .set({ problem, problemDetail: detail, problemAt: sql`now()` })
        .where(eq(catalogueReplicas.peerId, peer.id));
      if (replica.problem !== problem)
        await this.#relations.event(queries, {
          peerId: peer.id,
          kind: 'catalogue_problem',
          details: { problem, detail },
        });
    });
  }
}

function isAt(peerId: number, { generation, cursor }: Replica) {
  return and(
    eq(catalogueReplicas.peerId, peerId),
    eq(catalogueReplicas.generation, generation),
    eq(catalogueReplicas.cursor, cursor),
  );
}

function toRow(
  peerId: number,
  generation: number,
  { competitionId, sequence, descriptor, signed, keyId, signature }: Taken,
): typeof peerCompetitions.$inferInsert | null {
  if (!descriptor) return null;
  const { title, description, type } = descriptor;
  const now = new Date();
  const createdAt = new Date(descriptor.createdAt);
  return {
    peerId,
    competitionId,
    sequence,
    generation,
    title,
    description,
    type,
    openDuring: openDuring(descriptor),
    descriptor,
    listedAt: createdAt < now ? createdAt : now,
    receivedAt: now,
    signed,
    keyId,
    signature,
  };
}
