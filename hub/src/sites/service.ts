import type { Hello, NodeStatus } from '@weir/proto/node/v1';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Database } from '../db/database.ts';
import type { LiveBus } from '../live/bus.ts';
import type { Authority, IssuedCertificate } from './authority.ts';
import { authenticate, isAuthentic, newEnrolmentToken } from './enrolment-token.ts';
import {
  EnrolmentMismatchError,
  EnrolmentRefusedError,
  NodeNotFoundError,
  NodeRevokedError,
  SiteNameError,
  SiteNotFoundError,
} from './errors.ts';
import { recordStatus, toStoredStatus } from './node-status.ts';
import { type HubStatus, readStatus } from './status.ts';
import * as store from './store.ts';

const MOST_DATASETS = 1_000;
const isDatasetName = (name: string) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name);
const isDigest = (digest: string) => /^sha256:[0-9a-f]{64}$/.test(digest);

const ENROLMENT_LIFE_MS = 24 * 3600 * 1000;

export interface EnrolmentRequest {
  readonly enrolment: string;
  readonly name: string;
  readonly certificateRequest: string;
  readonly mac: string;
  /** A node that comes back says who it is. */
  readonly node?: string | undefined;
}

/** A site that holds a dataset. */
export interface HoldingSite {
  readonly id: number;
  readonly name: string;
  /** What it was called before: rules of tasks may still name it so. */
  readonly formerNames: readonly string[];
  readonly title: string;
  /** Of a site of a peer: the competitions that may use the dataset there. Null for sites of this hub. */
  readonly competitions: readonly number[] | null;
}

export interface EnrolmentAnswer {
  readonly nodeId: string;
  readonly site: string;
  readonly hub: string;
  /** host:port */
  readonly grpc: string;
  readonly certificate: string;
  readonly authority: string;
  readonly mac: string;
}

/** A node as its certificate names it, checked against the database. */
export interface KnownNode {
  readonly id: string;
  readonly name: string;
  readonly siteId: number;
  readonly siteName: string;
  readonly sitePaused: boolean;
  /** Somebody at the hub wants it to be handed nothing new. */
  readonly drainRequested: boolean;
  /** Certificates that begin earlier are refused; null: none are. */
  readonly certificatesFrom: Date | null;
  /** Queues that the site's nodes serve. */
  readonly queueIds: readonly number[];
  /** Nodes of the site that are enrolled and not revoked, this one among them. */
  readonly nodesOfSite: number;
}

export interface Sites {
  createSite(site: { name: string; title: string; servesDefaultQueue: boolean }): Promise<{ name: string }>;
  /** @param againFor a node that comes back as it was: its identity stays, its earlier certificates do not */
  createEnrolment(siteName: string, againFor?: string): Promise<{ token: string; expiresAt: Date }>;
  enrol(request: EnrolmentRequest): Promise<EnrolmentAnswer>;
  renewCertificate(nodeId: string, certificateRequest: string): Promise<IssuedCertificate>;
  /** Records what a node says of itself as it connects. */
  greet(node: KnownNode, hello: Hello): Promise<void>;
  /** The node behind a certificate; null when it is unknown or revoked. */
  findNode(nodeId: string): Promise<KnownNode | null>;
  /** Records what a node says that the people of its site have decided. */
  noteStatus(nodeId: string, status: NodeStatus): Promise<void>;
  /** Hands a node nothing new, or lifts that. */
  setDrained(nodeId: string, drained: boolean): Promise<void>;
  setPaused(siteName: string, paused: boolean): Promise<void>;
  /**
   * Whether scores of runs at the site may be shown as its own; if not, they count in combined scores alone. Taking it back takes effect at once,
   * giving it for runs that end from now on.
   */
  setSharesScores(siteName: string, sharesScores: boolean): Promise<void>;
  revokeNode(nodeId: string): Promise<void>;
  status(): Promise<HubStatus>;
  /** Those with a synthetic dataset beside it, by name. */
  sitesRehearsing(dataset: { name: string; version: string }): Promise<HoldingSite[]>;
  /** Sites that hold a dataset, by name. */
  sitesHolding(dataset: { name: string; version: string }): Promise<HoldingSite[]>;
}

interface Dependencies {
  readonly database: Database;
  readonly authority: Authority;
  readonly live: LiveBus;
  readonly config: Pick<Config, 'name' | 'grpcPublic' | 'leaseMs'>;
  readonly log: Logger;
}

export function createSites({ database, authority, live, config, log }: Dependencies): Sites {
  return {
    async createSite(site) {
      if (!/^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$/.test(site.name)) throw new SiteNameError(site.name);
      await database.transaction((tx) => store.insertSite(tx, site));
      return { name: site.name };
    },

    async createEnrolment(siteName, againFor) {
      const expiresAt = new Date(Date.now() + ENROLMENT_LIFE_MS);
      const enrolmentId = crypto.randomUUID();
      const { token, macKey } = newEnrolmentToken(enrolmentId, authority.fingerprint);
      const inserted = await store.insertEnrolment(database.queries, {
        id: enrolmentId,
        siteName,
        macKey,
        expiresAt,
        againFor: againFor ?? null,
      });
      if (!inserted) throw new SiteNotFoundError(siteName);
      return { token, expiresAt };
    },

    async enrol({ enrolment, name, certificateRequest, mac, node }) {
      return database.transaction(async (tx) => {
        const open = await store.lockOpenEnrolment(tx, enrolment);
        if (!open || !isAuthentic(mac, open.macKey, certificateRequest, name))
          throw new EnrolmentRefusedError();
        if (open.againFor !== (node ?? null)) throw new EnrolmentMismatchError(open.againFor === null);
        const nodeId = open.againFor ?? crypto.randomUUID();
        const issued = await authority.issueNodeCertificate(certificateRequest, nodeId);
        if (open.againFor) {
          if (!(await store.reviveNode(tx, { id: nodeId, name, issued, enrolment })))
            throw new NodeRevokedError();
        } else {
          await store.insertNode(tx, { id: nodeId, siteId: open.siteId, name, issued, enrolment });
        }
        const others = open.againFor ? [] : await store.findOtherNodes(tx.queries, open.siteId, nodeId);
        tx.afterCommit(() => {
          log.info({ node: nodeId, site: open.siteName, again: open.againFor !== null }, 'node enrolled');
          // Whoever still has a stream under an earlier certificate is cut off.
          if (open.againFor) live.announce([`node:${nodeId}`]);
          // The site's other nodes come back anew, and are told that they are more now.
          live.announce(others.map((id) => `node:${id}` as const));
        });
        return {
          nodeId,
          site: open.siteName,
          hub: config.name,
          grpc: config.grpcPublic,
          certificate: issued.certificate,
          authority: authority.certificate,
          mac: authenticate(open.macKey, issued.certificate, authority.certificate),
        };
      });
    },

    async renewCertificate(nodeId, certificateRequest) {
      const issued = await authority.issueNodeCertificate(certificateRequest, nodeId);
      if (!(await store.updateCertificate(database.queries, nodeId, issued))) throw new NodeNotFoundError();
      return issued;
    },

    async greet(node, hello) {
      const datasets = hello.datasets.filter(
        ({ name, version, digest }) => isDatasetName(name) && isDatasetName(version) && isDigest(digest),
      );
      const greeting = {
        softwareVersion: hello.softwareVersion.slice(0, 64),
        engine: hello.engine.slice(0, 64),
        engineVersion: hello.engineVersion.slice(0, 64),
        slots: Math.min(hello.slots, 100_000),
        gpus: Math.min(hello.gpus, 10_000),
        status: toStoredStatus(hello.status),
        datasets: datasets
          .slice(0, MOST_DATASETS)
          .map(({ name, version, digest, hasInput, hasReference, hasSynthetic, counts }) => ({
            name,
            version,
            digest,
            hasInput,
            hasReference,
            hasSynthetic,
            counts: Object.fromEntries(
              Object.entries(counts)
                .slice(0, 100)
                .map(([what, count]) => [what, Number(count)]),
            ),
          })),
      };
      await database.transaction((tx) => store.recordGreeting(tx, node, greeting));
    },

    findNode: (nodeId) => store.findNode(database.queries, nodeId),

    noteStatus: (nodeId, status) => recordStatus(database.queries, nodeId, toStoredStatus(status)),

    async setDrained(nodeId, drained) {
      if (!(await store.updateDrained(database.queries, nodeId, drained))) throw new NodeNotFoundError();
      log.info({ node: nodeId, drained }, 'node drained from the hub, or no longer');
      live.announce([`node:${nodeId}`]);
    },

    async setPaused(siteName, paused) {
      const nodes = await store.updatePaused(database.queries, siteName, paused);
      if (!nodes) throw new SiteNotFoundError(siteName);
      log.info({ site: siteName, paused }, 'site paused or resumed');
      live.announce(nodes.map((id) => `node:${id}` as const));
    },

    async setSharesScores(siteName, sharesScores) {
      if (!(await store.updateSharesScores(database.queries, siteName, sharesScores)))
        throw new SiteNotFoundError(siteName);
      log.info({ site: siteName, sharesScores }, 'site shares its scores, or no longer does');
    },

    async revokeNode(nodeId) {
      if (!(await store.updateRevoked(database.queries, nodeId))) throw new NodeNotFoundError();
      log.warn({ node: nodeId }, 'node revoked');
      live.announce([`node:${nodeId}`]);
    },

    status: () => readStatus(database, config.leaseMs),

    sitesRehearsing: (dataset) => store.sitesRehearsing(database.queries, dataset),
    sitesHolding: (dataset) => store.sitesHolding(database.queries, dataset),
  };
}
