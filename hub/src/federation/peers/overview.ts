import { and, desc, eq, gte, isNull, sql } from 'drizzle-orm';
import { type Actor, requireAdmin } from '../../accounts/access.ts';
import { users } from '../../accounts/schema.ts';
import type { Database } from '../../db/database.ts';
import { catalogueReplicas, peerCompetitions } from '../catalogue/schema.ts';
import type { OwnIdentity } from '../hub-document.ts';
import { cureOf } from './cures.ts';
import { peerEvents, peerInvitations, peers, peerTraffic } from './schema.ts';
import * as store from './store.ts';

const DAYS = 7;
const MOST_EVENTS = 100;
/** As many calls in a row without an answer are no accident. */
const UNREACHABLE_AFTER = 3;

export type FederationOverview = Awaited<ReturnType<typeof readOverview>>;

/** Everything that administrators see of the federation. */
export async function readOverview(database: Database, own: OwnIdentity, actor: Actor) {
  requireAdmin(actor);
  const { queries } = database;
  const [known, traffic, catalogues, invitations, events] = await Promise.all([
    store.listPeers(queries),
    queries
      .select({
        peerId: peerTraffic.peerId,
        callsIn: sql<number>`sum(${peerTraffic.callsIn})::float8`,
        refusedIn: sql<number>`sum(${peerTraffic.refusedIn})::float8`,
        callsOut: sql<number>`sum(${peerTraffic.callsOut})::float8`,
        failedOut: sql<number>`sum(${peerTraffic.failedOut})::float8`,
      })
      .from(peerTraffic)
      .where(gte(peerTraffic.day, sql`current_date - ${DAYS}::int`))
      .groupBy(peerTraffic.peerId),
    queries
      .select({
        peerId: catalogueReplicas.peerId,
        readAt: catalogueReplicas.readAt,
        skipped: catalogueReplicas.skipped,
        competitions: queries.$count(peerCompetitions, eq(peerCompetitions.peerId, catalogueReplicas.peerId)),
        problem: catalogueReplicas.problem,
        problemDetail: catalogueReplicas.problemDetail,
      })
      .from(catalogueReplicas),
    queries
      .select({
        id: peerInvitations.id,
        note: peerInvitations.note,
        scopes: peerInvitations.scopes,
        createdAt: peerInvitations.createdAt,
        expiresAt: peerInvitations.expiresAt,
      })
      .from(peerInvitations)
      .where(
        and(
          isNull(peerInvitations.usedAt),
          isNull(peerInvitations.withdrawnAt),
          sql`${peerInvitations.expiresAt} > now()`,
        ),
      )
      .orderBy(desc(peerInvitations.createdAt)),
    queries
      .select({
        id: peerEvents.id,
        at: peerEvents.at,
        kind: peerEvents.kind,
        peer: peers.name,
        by: users.username,
        details: peerEvents.details,
      })
      .from(peerEvents)
      .leftJoin(peers, eq(peers.id, peerEvents.peerId))
      .leftJoin(users, eq(users.id, peerEvents.userId))
      .orderBy(desc(peerEvents.id))
      .limit(MOST_EVENTS),
  ]);
  const counts = new Map(traffic.map(({ peerId, ...row }) => [peerId, row]));
  const catalogueOf = new Map(catalogues.map(({ peerId, ...row }) => [peerId, row]));
  return {
    own: {
      name: own.name,
      address: own.address,
      fingerprint: own.keys.rootId,
      keys: own.keys.chain.map(({ id, from, until }) => ({ id, from, until })),
    },
    peers: known.map(({ peer, health }) => ({
      id: peer.id,
      name: peer.name,
      address: peer.address,
      state: peer.state,
      stateSince: peer.stateSince,
      theirState: peer.theirState,
      fingerprint: peer.rootId,
      newestKey: peer.chain.at(-1)!.id,
      keys: peer.chain.length,
      claimed: peer.claimedChain && {
        fingerprint: peer.claimedChain[0]!.id,
        newestKey: peer.claimedChain.at(-1)!.id,
      },
      protocol: peer.protocol,
      scopesGiven: peer.scopesGiven,
      scopesGot: peer.scopesGot,
      callsPerMinute: peer.callsPerMinute,
      lastAnswerAt: health?.lastAnswerAt ?? null,
      lastCallAt: health?.lastCallAt ?? null,
      unreachableSince:
        (health?.failures ?? 0) >= UNREACHABLE_AFTER ? (health?.unreachableSince ?? null) : null,
      clockAheadMs: health?.clockAheadMs ?? null,
      problem:
        health?.problem && health.problemAt
          ? {
              code: health.problem,
              detail: health.problemDetail ?? '',
              at: health.problemAt,
              cure: cureOf(health.problem),
            }
          : null,
      catalogue: catalogueOf.get(peer.id) ?? null,
      traffic: counts.get(peer.id) ?? { callsIn: 0, refusedIn: 0, callsOut: 0, failedOut: 0 },
    })),
    invitations,
    events,
  };
}
