import type { Outcome } from '@weir/proto/node/v1';
import {
  type Assigned,
  type PublishedKey,
  RECEIPT_FORMAT,
  type ReceiptFile,
  readEnvelope,
} from '@weir/proto/receipt';
import type { Logger } from 'pino';
import type { Actor } from '../accounts/access.ts';
import type { Competitions } from '../competitions/service.ts';
import type { Database } from '../db/database.ts';
import { DomainError } from '../http/domain-error.ts';
import type { KeyRing } from '../keys/ring.ts';
import type { Leaderboards } from '../leaderboards/service.ts';
import { createSubmissionGate } from '../submissions/gate.ts';
import { seesOwnScores } from '../submissions/many-sites/own-scores.ts';
import { checkReceipt, type ReceiptProblem } from './check.ts';
import { ReceiptMissingError } from './errors.ts';
import { type Announcement, type KeyHolder, NodeKeys } from './node-keys.ts';
import * as store from './store.ts';

export type { Announcement };

/** For dispatch: holds nodes to their receipts. */
export interface ReceiptDesk {
  /**
   * A node that connects says with which key it signs, and how it came to it from the key before.
   * @throws ReceiptKeyRefusedError for another key than before that the one before has not announced
   */
  learn(node: KeyHolder, publicKey: Uint8Array, successions?: readonly Announcement[]): Promise<void>;
  /** A node at a site of a peer, behind this stand-in, signs with the key, as that hub says. */
  learnVouched(nodeId: string, publicKey: Uint8Array): Promise<void>;
  /**
   * Checks the receipt of reported scores and countersigns it.
   * @param assigned what the hub has assigned to the node as this run and attempt; null when it knows of no such run
   * @returns the envelope with both signatures, to be stored with the scores; or why it does not count
   */
  accept(nodeId: string, outcome: Outcome, assigned: Assigned | null): Promise<AcceptedReceipt>;
}

export type AcceptedReceipt =
  | { readonly envelope: string }
  | { readonly envelope: null; readonly problem: ReceiptProblem };

export interface Receipts {
  /**
   * The receipt of a run, with the keys that are needed to check it, for whoever may see every score in it.
   * @throws ReceiptMissingError
   */
  get(actor: Actor, runId: number): Promise<ReceiptFile>;
  /**
   * The receipts behind what is shown of a submission, as far as the actor may see them: none is the answer to whoever may see nothing.
   * `shown` are the scores as pages and boards show them, to be held against what was signed.
   */
  ofSubmission(actor: Actor, submissionId: number): Promise<ReceiptOfRun[]>;
  /** The hub's keys, newest first. */
  readonly publishedKeys: readonly PublishedKey[];
}

export interface ReceiptOfRun {
  readonly runId: number;
  readonly task: string;
  /** Null for a run that any node of a queue may take. */
  readonly site: string | null;
  /** Rounded, by column key. */
  readonly shown: Readonly<Record<string, string>>;
  readonly receipt: ReceiptFile;
}

export function createReceiptDesk({
  database,
  keys,
  log,
}: {
  readonly database: Database;
  readonly keys: Pick<KeyRing, 'signing'>;
  readonly log: Logger;
}): ReceiptDesk {
  const nodeKeys = new NodeKeys(database, log);
  return {
    learn: (node, publicKey, successions) => nodeKeys.learn(node, publicKey, successions),
    learnVouched: (nodeId, publicKey) => nodeKeys.learnVouched(nodeId, publicKey),

    async accept(nodeId, outcome, assigned) {
      const keyOf = (keyId: string) => nodeKeys.find(nodeId, keyId);
      const check = await checkReceipt(outcome, { nodeId, assigned, keyOf });
      if (check.problem !== null) {
        const { problem, detail } = check;
        const run = outcome.attempt?.runId.toString();
        log.warn({ node: nodeId, run, problem, detail }, 'a node reported scores without a receipt for them');
        return { envelope: null, problem };
      }
      const { envelope, signed } = check.receipt;
      const key = keys.signing;
      const signature = { keyid: key.id, sig: (await key.sign(signed)).toString('base64') };
      return { envelope: JSON.stringify({ ...envelope, signatures: [...envelope.signatures, signature] }) };
    },
  };
}

export function createReceipts({
  database,
  keys,
  competitions,
  leaderboards,
}: {
  readonly database: Database;
  readonly keys: Pick<KeyRing, 'published'>;
  readonly competitions: Pick<Competitions, 'gate'>;
  readonly leaderboards: Pick<Leaderboards, 'version'>;
}): Receipts {
  const { queries } = database;
  const gate = createSubmissionGate(queries, competitions.gate);

  /** Whether the actor sees the submission, or its place on a board; and whether hidden columns too. */
  async function reach(actor: Actor, { submissionId, rootId, phaseId }: FoundReceipt) {
    try {
      const { access } = await gate.view(actor, submissionId);
      return access;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
    try {
      if (!(await store.isOnBoard(queries, rootId))) throw new ReceiptMissingError();
      await leaderboards.version(actor, phaseId);
      return (await competitions.gate.viewPhase(actor, phaseId)).access;
    } catch (error) {
      throw error instanceof DomainError ? new ReceiptMissingError() : error;
    }
  }

  async function get(actor: Actor, runId: number): Promise<ReceiptFile> {
    const found = await store.findReceipt(queries, runId);
    if (!found) throw new ReceiptMissingError();
    const { canManage } = await reach(actor, found);
    // A site that keeps its own score to itself keeps it from everybody; a task may have participants see the combined one alone.
    if (!seesOwnScores(found.siteRule, found, { asked: found.asked, canManage }))
      throw new ReceiptMissingError();
    const envelope = readEnvelope(found.envelope);
    if (!canManage && (await hasHiddenScores(found))) throw new ReceiptMissingError();
    return { format: RECEIPT_FORMAT, envelope, keys: [...(await keysOf(found)), ...keys.published] };
  }

  /** The receipt, or null for whoever may not see it. */
  async function find(actor: Actor, runId: number): Promise<ReceiptFile | null> {
    try {
      return await get(actor, runId);
    } catch (error) {
      if (error instanceof ReceiptMissingError) return null;
      throw error;
    }
  }

  return {
    get publishedKeys() {
      return keys.published;
    },
    get,

    async ofSubmission(actor, submissionId) {
      const found = await store.findRunsWithReceipts(queries, submissionId);
      const readable = await Promise.all(
        found.map(async (run) => {
          const receipt = await find(actor, run.runId);
          return receipt ? [{ ...run, receipt }] : [];
        }),
      );
      const runs = readable.flat();
      if (runs.length === 0) return [];
      const scores = await store.findShownScores(
        queries,
        runs.map(({ leafId }) => leafId),
      );
      return runs.map((run) => ({
        runId: run.runId,
        task: run.task,
        site: run.site,
        // What several sites have brought is combined: then each stands for its own.
        shown: Object.fromEntries(
          scores
            .filter(({ leafId }) => leafId === run.leafId)
            .flatMap(({ key, precision, value }): [string, string][] => {
              const score = run.isOnlyRun ? Number(value) : run.scores?.[key];
              return score === undefined ? [] : [[key, score.toFixed(precision)]];
            }),
        ),
        receipt: run.receipt,
      }));
    },
  };

  /** A receipt shows all scores of its run, or none: nothing can be left out of what was signed. */
  async function hasHiddenScores({ leaderboardId, scores }: FoundReceipt): Promise<boolean> {
    const hidden = await store.findHiddenColumns(queries, leaderboardId);
    return hidden.some((key) => scores?.[key] !== undefined);
  }

  /** Of the node, and of the hub that its site is enrolled with where that is another one. */
  async function keysOf(found: FoundReceipt): Promise<PublishedKey[]> {
    const { nodeId, nodeName, siteName, hub, envelope } = found;
    if (!nodeId) return [];
    const used = new Set(readEnvelope(envelope).signatures.map(({ keyid }) => keyid));
    const ofNode = (await store.findNodeKeys(queries, nodeId)).map(
      ({ keyId, publicKey, firstSeenAt, replacedAt }): PublishedKey => ({
        id: keyId,
        role: 'site',
        // The name of the stand-in of a peer's site says nothing.
        owner: (hub ? siteName : nodeName) ?? nodeId,
        algorithm: 'ed25519',
        publicKey,
        since: firstSeenAt.toISOString(),
        ...(replacedAt && { until: replacedAt.toISOString() }),
      }),
    );
    const ofHub = (found.hubKeys ?? []).map(
      ({ id, publicKey, from }): PublishedKey => ({
        id,
        role: 'peer',
        owner: hub ?? '',
        algorithm: 'ed25519',
        publicKey,
        since: from,
      }),
    );
    return [...ofNode, ...ofHub].filter(({ id }) => used.has(id));
  }
}

type FoundReceipt = NonNullable<Awaited<ReturnType<typeof store.findReceipt>>>;
