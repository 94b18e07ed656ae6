import { ed25519 } from '@noble/curves/ed25519.js';
import { fromBase64 } from './bytes.ts';
import { type EnvelopeSignature, keyIdOf, payloadOf, preAuthEncoding, signatureOf } from './envelope.ts';
import { ReceiptUnreadableError } from './errors.ts';
import type { PublishedKey, ReceiptFile } from './receipt-file.ts';
import { readStatement, type Statement } from './statement.ts';

export type CheckName =
  | 'site_signature'
  | 'peer_signature'
  | 'hub_signature'
  | 'site_key'
  | 'hub_key'
  | 'scores';

/** One thing that was looked at. 'unknown': there was nothing to compare it with. */
export interface Check {
  readonly name: CheckName;
  readonly result: 'good' | 'bad' | 'unknown';
  /** For people. */
  readonly text: string;
}

export interface Signer {
  readonly role: 'site' | 'peer' | 'hub';
  readonly owner: string;
  /** Fingerprint: sha256:<hex> of the raw public key. */
  readonly keyId: string;
}

export interface ReceiptReport {
  /** No check is bad. Says nothing about checks that are 'unknown'. */
  readonly isValid: boolean;
  readonly checks: readonly Check[];
  readonly statement: Statement;
  readonly signers: readonly Signer[];
}

export interface Expectations {
  /** Fingerprints of keys known from elsewhere to be the hub's. Without them anybody could have made the whole file. */
  readonly hubKeys?: readonly string[];
  /** Scores as they are shown somewhere, to be compared with those that were signed. Text is taken for a rounded number. */
  readonly scores?: Readonly<Record<string, number | string>>;
}

/**
 * Checks a receipt with nothing but its own bytes: the node's signature, the hub's signature over the same bytes, that the key that signed for
 * the node is the one that the statement (and with it the hub) names, and whatever the caller knows besides.
 *
 * @throws ReceiptUnreadableError when the file holds no statement that could be checked.
 */
export function verifyReceipt(file: ReceiptFile, expected: Expectations = {}): ReceiptReport {
  const payload = payloadOf(file.envelope);
  const statement = readStatement(payload);
  const signed = preAuthEncoding(file.envelope.payloadType, payload);
  const found = file.envelope.signatures.flatMap((signature) => findKey(file.keys, signature, signed));
  const site = found.find(({ key }) => key.role === 'site');
  const peer = found.find(({ key }) => key.role === 'peer');
  const hub = found.find(({ key }) => key.role === 'hub');
  const checks = [
    signatureCheck('site_signature', 'the node of the site', site?.isGood),
    ...(peer
      ? [signatureCheck('peer_signature', `hub ${peer.key.owner}, where the site is enrolled`, peer.isGood)]
      : []),
    signatureCheck('hub_signature', 'the hub', hub?.isGood),
    siteKeyCheck(statement, site?.key),
    hubKeyCheck(hub?.key, expected.hubKeys),
    scoresCheck(statement, expected.scores),
  ];
  return {
    isValid: checks.every(({ result }) => result !== 'bad'),
    checks,
    statement,
    signers: found.map(({ key: { role, owner, id } }) => ({ role, owner, keyId: id })),
  };
}

/** Whether an Ed25519 signature is by the key. */
export function isSignedBy(publicKey: Uint8Array, signed: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, signed, publicKey);
  } catch {
    return false;
  }
}

/** Scores are kept with ten digits after the point: those beyond do not make two of them differ. Nor do those that are not shown. */
export function isSameScore(signed: number, shown: number | string): boolean {
  const kept = Number(signed.toFixed(10));
  if (typeof shown === 'number') return kept === Number(shown.toFixed(10));
  return kept.toFixed(shown.split('.')[1]?.length ?? 0) === shown;
}

interface FoundKey {
  readonly key: PublishedKey;
  readonly isGood: boolean;
}

/** The key that a signature names, if the file has it and it is what its name says. */
function findKey(
  keys: readonly PublishedKey[],
  signature: EnvelopeSignature,
  signed: Uint8Array,
): FoundKey[] {
  const key = keys.find(({ id }) => id === signature.keyid);
  if (!key) return [];
  const publicKey = rawKey(key);
  if (keyIdOf(publicKey) !== key.id) {
    throw new ReceiptUnreadableError(`the key ${key.id} is another one than its name says`);
  }
  return [{ key, isGood: isSignedBy(publicKey, signed, signatureOf(signature)) }];
}

function rawKey({ id, publicKey }: PublishedKey): Uint8Array {
  try {
    return fromBase64(publicKey);
  } catch {
    throw new ReceiptUnreadableError(`the key ${id} is not base64`);
  }
}

function signatureCheck(name: CheckName, who: string, isGood: boolean | undefined): Check {
  if (isGood === undefined) return { name, result: 'bad', text: `there is no signature of ${who}` };
  return isGood
    ? { name, result: 'good', text: `signed by ${who}` }
    : { name, result: 'bad', text: `the signature of ${who} does not fit: the content was changed` };
}

function siteKeyCheck({ predicate }: Statement, key: PublishedKey | undefined): Check {
  const { id, name } = predicate.node;
  const who = `${name || id} at ${predicate.site}`;
  const check = (result: Check['result'], text: string): Check => ({ name: 'site_key', result, text });
  if (key === undefined || key.id !== predicate.node.key)
    return check('bad', `the key that signed is not the one that the statement gives ${who}`);
  if (key.until === undefined) return check('good', `the hub vouches that this is the key of ${who}`);
  return Date.parse(predicate.finishedAt) <= Date.parse(key.until)
    ? check('good', `the hub vouches that this was the key of ${who} until ${key.until}`)
    : check('bad', `${who} had replaced the key that signed on ${key.until}, before the run was finished`);
}

function hubKeyCheck(key: PublishedKey | undefined, known: readonly string[] | undefined): Check {
  const name = 'hub_key';
  if (known === undefined) {
    return { name, result: 'unknown', text: "the hub's key is not pinned: nobody has said which one it is" };
  }
  return key !== undefined && known.includes(key.id)
    ? { name, result: 'good', text: "the hub's key is the one that is known to be the hub's" }
    : { name, result: 'bad', text: "the key of the countersignature is not the hub's" };
}

function scoresCheck(
  { predicate }: Statement,
  shown: Readonly<Record<string, number | string>> | undefined,
): Check {
  const name = 'scores';
  if (shown === undefined) return { name, result: 'unknown', text: 'there were no scores to compare with' };
  const others = Object.entries(shown).filter(([key, value]) => {
    const signed = predicate.scores[key];
    return signed === undefined || !isSameScore(signed, value);
  });
  if (others.length === 0)
    return { name, result: 'good', text: 'the scores shown are those that were signed' };
  const names = others.map(([key]) => key).join(', ');
  return { name, result: 'bad', text: `shown otherwise than signed: ${names}` };
}
