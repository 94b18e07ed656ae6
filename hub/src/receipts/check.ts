import type { KeyObject } from 'node:crypto';
import type { Outcome } from '@weir/proto/node/v1';
import {
  type Assigned,
  differencesFrom,
  type Envelope,
  type EnvelopeSignature,
  preAuthEncoding,
  ReceiptUnreadableError,
  readEnvelope,
  readStatement,
  type Statement,
  scoreDifferences,
} from '@weir/proto/receipt';
import { publicKeyOf } from '../keys/chain.ts';
import { verifyWith } from '../keys/ed25519.ts';
import type { SigningSite } from './node-keys.ts';

/** Why a receipt does not count: stable, for logs and tests. */
export type ReceiptProblem =
  | 'missing'
  | 'unreadable'
  | 'unknown_key'
  | 'replaced_key'
  | 'signature'
  /** Of a site of a peer: that hub has not signed too. */
  | 'hub_signature'
  | 'signer'
  | 'assignment'
  | 'image'
  | 'scores';

export interface SoundReceipt {
  readonly envelope: Envelope;
  /** What the node has signed, and the hub is to sign too. */
  readonly signed: Uint8Array;
}

export type ReceiptCheck =
  | { readonly problem: null; readonly receipt: SoundReceipt }
  /** `detail` is for the log: it may hold what the node has written. */
  | { readonly problem: ReceiptProblem; readonly detail: string };

export interface Expected {
  readonly nodeId: string;
  /** What the hub has assigned; null when it knows of no such run. */
  readonly assigned: Assigned | null;
  /** Whose key it is; null when it is none of the node's. */
  keyOf(keyId: string): Promise<SigningKey | null>;
}

export interface SigningKey extends SigningSite {
  readonly key: KeyObject;
  /** From when on another key signs in its place; null for the key in use. */
  readonly replacedAt: Date | null;
}

/** Statements are a page of text; scores of a thousand columns fit as well. */
const MOST_BYTES = 128 * 1024;

/**
 * Holds a node to its receipt: signed by that node, for what was assigned to it, with the very scores that it reports. For a node of a peer's site that hub has
 * signed as well: so the key belongs to a node of the site, which this hub cannot know by itself.
 */
export async function checkReceipt(outcome: Outcome, expected: Expected): Promise<ReceiptCheck> {
  if (outcome.receipt.length === 0) return bad('missing', '');
  if (outcome.receipt.length > MOST_BYTES) return bad('unreadable', `${outcome.receipt.length} bytes`);
  try {
    const envelope = readEnvelope(new TextDecoder().decode(outcome.receipt));
    const [signature, ...others] = envelope.signatures;
    const node = signature && (await expected.keyOf(signature.keyid));
    if (!signature || others.length > (node?.hubKeys ? 1 : 0))
      return bad('unreadable', `${envelope.signatures.length} signatures`);
    if (!node) return bad('unknown_key', signature.keyid);
    const payload = Buffer.from(envelope.payload, 'base64');
    const signed = preAuthEncoding(envelope.payloadType, payload);
    if (!(await verifyWith(null, signed, node.key, Buffer.from(signature.sig, 'base64')))) {
      return bad('signature', signature.keyid);
    }
    if (node.hubKeys && !(await isSignedByHub(node.hubKeys, signed, others[0])))
      return bad('hub_signature', others[0]?.keyid ?? 'none');
    const statement = readStatement(payload);
    const { finishedAt } = statement.predicate;
    if (node.replacedAt && !(Date.parse(finishedAt) <= node.replacedAt.getTime()))
      return bad('replaced_key', `${signature.keyid} ${finishedAt}`);
    const problem = contradiction(statement, outcome, signature.keyid, node, expected);
    if (problem) return problem;
    // What is kept is what was checked, byte for byte, and nothing that stood beside it.
    const { payloadType } = envelope;
    const kept = { payloadType, payload: payload.toString('base64'), signatures: [signature, ...others] };
    return { problem: null, receipt: { envelope: kept, signed } };
  } catch (error) {
    if (error instanceof ReceiptUnreadableError) return bad('unreadable', error.message);
    throw error;
  }
}

function contradiction(
  { predicate }: Statement,
  outcome: Outcome,
  keyId: string,
  { siteName, hubKeys }: SigningSite,
  { nodeId, assigned }: Expected,
): ReceiptCheck | null {
  // Which of its nodes it was, and what the site is called by now, the hub of the site knows, which has signed too.
  const isNode = hubKeys !== null || (predicate.node.id === nodeId && predicate.site === siteName);
  if (!isNode || predicate.node.key !== keyId) {
    return bad('signer', `${predicate.node.id} ${predicate.node.key} ${predicate.site}`);
  }
  // The hub may have been given another name since the node was enrolled; its key says which hub it is.
  const differences = assigned
    ? differencesFrom({ ...assigned, hub: predicate.assigned.hub }, { predicate })
    : ['run'];
  if (differences.length > 0) return bad('assignment', differences.join(', '));
  if ((predicate.imageDigest ?? '') !== outcome.imageDigest) return bad('image', outcome.imageDigest);
  const scores = outcome.result.case === 'scores' ? outcome.result.value.values : {};
  const others = scoreDifferences(predicate.scores, scores);
  return others.length > 0 ? bad('scores', others.join(', ')) : null;
}

/** By any key that it ever had: a run may take days, and keys may follow one another meanwhile. */
async function isSignedByHub(
  hubKeys: NonNullable<SigningSite['hubKeys']>,
  signed: Uint8Array,
  signature: EnvelopeSignature | undefined,
): Promise<boolean> {
  const named = hubKeys.find(({ id }) => id === signature?.keyid);
  const key = named && publicKeyOf(named);
  return signature && key ? verifyWith(null, signed, key, Buffer.from(signature.sig, 'base64')) : false;
}

function bad(problem: ReceiptProblem, detail: string): ReceiptCheck {
  return { problem, detail: detail.slice(0, 500) };
}
