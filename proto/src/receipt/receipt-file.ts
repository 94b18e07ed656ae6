import { type Envelope, parseJson, toEnvelope } from './envelope.ts';
import { ReceiptUnreadableError } from './errors.ts';

/** A receipt with all that is needed to check it without any server. This is what is downloaded. */
export interface ReceiptFile {
  readonly format: typeof RECEIPT_FORMAT;
  /** Signed by the node of the site, and countersigned by the hub. */
  readonly envelope: Envelope;
  /** Keys that may have signed it. Whether they are whose they say they are has to be known from elsewhere, see `ReceiptReport`. */
  readonly keys: readonly PublishedKey[];
}

export interface PublishedKey {
  /** sha256:<hex> of the raw public key. */
  readonly id: string;
  /** `peer`: the hub that the site is enrolled with, where that is another than the one whose competition it is. */
  readonly role: 'site' | 'peer' | 'hub';
  /** Name of the hub, or of the site and its node. */
  readonly owner: string;
  readonly algorithm: 'ed25519';
  /** base64 of the raw public key, 32 bytes. */
  readonly publicKey: string;
  /** ISO 8601. For a node's key when the hub saw it first, for a hub's when it was made. */
  readonly since: string;
  /** ISO 8601. When a node's key was replaced by the next: it signs nothing of runs that finished later. Missing for a key in use. */
  readonly until?: string;
}

export const RECEIPT_FORMAT = 'weir-receipt-1';

/** @throws ReceiptUnreadableError */
export function readReceiptFile(text: string): ReceiptFile {
  const { format, envelope, keys } = (parseJson(text) ?? {}) as Record<string, unknown>;
  if (format !== RECEIPT_FORMAT)
    throw new ReceiptUnreadableError(`it is not of the format ${RECEIPT_FORMAT}`);
  if (!Array.isArray(keys)) throw new ReceiptUnreadableError('it holds no keys');
  return { format: RECEIPT_FORMAT, envelope: toEnvelope(envelope), keys: keys.map(toKey) };
}

function toKey(value: unknown): PublishedKey {
  const key = (value ?? {}) as Record<string, unknown>;
  const isText = (['id', 'owner', 'publicKey', 'since'] as const).every(
    (name) => typeof key[name] === 'string',
  );
  const isEndText = key.until === undefined || !Number.isNaN(Date.parse(String(key.until)));
  const isRole = ['site', 'peer', 'hub'].includes(String(key.role));
  if (!isText || !isEndText || !isRole || key.algorithm !== 'ed25519') {
    throw new ReceiptUnreadableError('one of its keys is none');
  }
  return key as unknown as PublishedKey;
}
