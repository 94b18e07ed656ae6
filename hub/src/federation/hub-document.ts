import { sign, verify } from 'node:crypto';
import { z } from 'zod';
import { findBrokenLink, LONGEST_CHAIN, publicKeyOf } from '../keys/chain.ts';
import type { KeyRing } from '../keys/ring.ts';
import { HubDocumentError } from './errors.ts';

export const HUB_DOCUMENT_PATH = '/.well-known/weir/hub.json';
/** Header with the newest key's signature, base64, over the body's very bytes with `PREFIX` before them. */
export const HUB_SIGNATURE_HEADER = 'weir-signature';
export const MOST_DOCUMENT_BYTES = 256 * 1024;
/** Protocols of calls between hubs that this version speaks. */
export const PROTOCOLS: readonly number[] = [1];
/** A document older than that may be an old one shown again. */
const FRESH_MS = 10 * 60_000;
const PREFIX = 'weir-hub-document-v1\n';

/** Short name: lower-case letters, digits and hyphens; it is part of addresses of people and of policies. */
export const hubName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/);
export const keyId = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const chainKey = z.object({
  id: keyId,
  publicKey: z.base64().max(60),
  from: z.iso.datetime(),
  until: z.iso.datetime().nullable(),
  link: z.base64().max(120).nullable(),
});

/** A peer's origin: over TLS, except on the very same machine. */
export const hubAddress = z
  .url({ protocol: /^https?$/ })
  .max(300)
  .refine((address) => {
    const url = new URL(address);
    return url.origin === address && (url.protocol === 'https:' || isLoopback(url.hostname));
  }, 'is an origin over https, or over http on the same machine');

const hubDocument = z.object({
  format: z.literal('weir-hub/1'),
  name: hubName,
  address: hubAddress,
  protocols: z.array(z.int().min(1).max(1_000)).min(1).max(20),
  issuedAt: z.iso.datetime(),
  /** Fingerprint of the oldest key: the hub's identity. */
  fingerprint: keyId,
  /** Oldest first; each is signed by the one before it. */
  keys: z.array(chainKey).min(1).max(LONGEST_CHAIN),
});

/** What a hub says of itself at `/.well-known/weir/hub.json`. */
export type HubDocument = z.output<typeof hubDocument>;

export interface SignedHubDocument {
  /** The very bytes that were signed, as text. */
  readonly body: string;
  readonly signature: string;
}

export interface OwnIdentity {
  readonly keys: Pick<KeyRing, 'chain' | 'signing' | 'rootId'>;
  readonly name: string;
  readonly address: string;
}

export function writeHubDocument({ keys, name, address }: OwnIdentity, now = new Date()): SignedHubDocument {
  const { chain, signing } = keys;
  const document: HubDocument = {
    format: 'weir-hub/1',
    name,
    address,
    protocols: [...PROTOCOLS],
    issuedAt: now.toISOString(),
    fingerprint: keys.rootId,
    keys: [...chain],
  };
  const body = `${JSON.stringify(document, null, 2)}\n`;
  return { body, signature: sign(null, Buffer.from(PREFIX + body), signing.key).toString('base64') };
}

/**
 * Checks that whoever wrote it holds the newest key of an unbroken chain, and held it lately. Whether it is the hub that was meant, the caller
 * decides by its fingerprint or by the keys that are known of it.
 * @throws HubDocumentError
 */
export function readHubDocument({ body, signature }: SignedHubDocument, now = Date.now()): HubDocument {
  const document = parse(body);
  const broken = findBrokenLink(document.keys);
  if (broken) throw new HubDocumentError('chain_broken', `key ${broken.place + 1}: ${broken.problem}`);
  if (document.keys[0]!.id !== document.fingerprint)
    throw new HubDocumentError('chain_broken', 'its fingerprint is not the one of its oldest key');
  const signer = publicKeyOf(document.keys.at(-1)!);
  if (!signer || !verify(null, Buffer.from(PREFIX + body), signer, Buffer.from(signature, 'base64')))
    throw new HubDocumentError('signature_invalid', 'it is not signed by its newest key');
  if (Math.abs(now - Date.parse(document.issuedAt)) > FRESH_MS) {
    throw new HubDocumentError(
      'not_fresh',
      `it says that it was written at ${document.issuedAt}, and it is ${new Date(now).toISOString()} here`,
    );
  }
  return document;
}

function parse(body: string): HubDocument {
  if (body.length > MOST_DOCUMENT_BYTES) throw new HubDocumentError('unreadable', 'it is too large');
  try {
    return hubDocument.parse(JSON.parse(body));
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error).slice(0, 300) : 'it is not JSON';
    throw new HubDocumentError('unreadable', detail);
  }
}

/** The newest protocol that both speak; null when there is none. */
export function commonProtocol(theirs: readonly number[]): number | null {
  const common = PROTOCOLS.filter((protocol) => theirs.includes(protocol));
  return common.length > 0 ? Math.max(...common) : null;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
