import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ChainKey, publicKeyOf } from '../../keys/chain.ts';
import { verifyWith } from '../../keys/ed25519.ts';
import type { KeyRing } from '../../keys/ring.ts';
import { keyId } from '../hub-document.ts';
import { type EntryContent, entryContent } from './descriptor.ts';
import { CatalogueRefusedError } from './errors.ts';

/** An entry of a catalogue, as it is stored and as it travels. */
export interface SignedEntry {
  /** The very text that is signed. */
  readonly signed: string;
  readonly keyId: string;
  /** base64 */
  readonly signature: string;
}

/** In UTF-16 units, and therefore well below what a page may weigh. */
export const LONGEST_ENTRY = 48_000;
export const MOST_ENTRIES = 500;
const PREFIX = 'weir-catalogue-entry-v1\n';

/** What a peer answers when it is asked for a page. */
export const cataloguePage = z.object({
  /** Sequence of the last entry that is for the asking hub, or 0. */
  head: z.int().min(0),
  /** Of the entry up to which the asking hub has read; null when there is none such. */
  cursorDigest: keyId.nullable(),
  entries: z
    .array(z.object({ signed: z.string().max(LONGEST_ENTRY), keyId, signature: z.base64().max(120) }))
    .max(MOST_ENTRIES),
  /** There are more after these. */
  more: z.boolean(),
});
export type CataloguePage = z.output<typeof cataloguePage>;

export async function signEntry(keys: Pick<KeyRing, 'signing'>, content: EntryContent): Promise<SignedEntry> {
  const { signing } = keys;
  const signed = JSON.stringify(content);
  const signature = await signing.sign(Buffer.from(PREFIX + signed));
  return { signed, keyId: signing.id, signature: signature.toString('base64') };
}

export function digestOf(signed: string): string {
  return `sha256:${createHash('sha256').update(signed).digest('hex')}`;
}

/**
 * Believes an entry only for the hub that it was asked of. What is in its descriptor is still to be looked at.
 * @throws CatalogueRefusedError
 */
export async function openEntry(
  entry: SignedEntry,
  hub: { readonly chain: readonly ChainKey[]; readonly rootId: string; readonly address: string },
): Promise<EntryContent> {
  const known = hub.chain.find(({ id }) => id === entry.keyId);
  const key = known && publicKeyOf(known);
  if (!known || !key)
    throw new CatalogueRefusedError(
      'key_unknown',
      `an entry is signed with ${entry.keyId}, none of its keys`,
    );
  const bytes = Buffer.from(PREFIX + entry.signed);
  if (!(await verifyWith(null, bytes, key, Buffer.from(entry.signature, 'base64'))))
    throw new CatalogueRefusedError('signature_invalid', 'the signature of an entry does not hold');
  const content = parse(entry.signed);
  if (content.hub !== hub.rootId || content.origin !== hub.address)
    throw new CatalogueRefusedError(
      'origin_wrong',
      `entry ${content.sequence} is of ${content.origin} (${content.hub.slice(0, 19)}…), not of this peer`,
    );
  // A key that has ended may be in wrong hands: it adds nothing.
  if (known.until !== null && Date.parse(content.at) > Date.parse(known.until))
    throw new CatalogueRefusedError(
      'key_retired',
      `entry ${content.sequence} is signed with a key after its end`,
    );
  return content;
}

function parse(signed: string): EntryContent {
  try {
    return entryContent.parse(JSON.parse(signed));
  } catch {
    throw new CatalogueRefusedError('entry_unreadable', 'an entry is not of this format');
  }
}
