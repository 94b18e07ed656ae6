import { type KeyObject, verify } from 'node:crypto';
import { keyIdOf } from '@weir/proto/receipt';
import { toPublicKey } from './ed25519.ts';

/** A hub's key as the hub publishes it. The chain begins with the oldest, whose id names the hub for ever. */
export interface ChainKey {
  /** sha256:<hex> of the raw public key. */
  readonly id: string;
  /** base64 of the raw public key. */
  readonly publicKey: string;
  /** ISO 8601 */
  readonly from: string;
  /** From then on nothing new that it signed is taken; null: no end is known. */
  readonly until: string | null;
  /** base64: the signature of the key before it over `linkBytes`; null for the first. */
  readonly link: string | null;
}

/** Keys that one hub may have had. */
export const LONGEST_CHAIN = 200;

/** What the key before signs, so that whoever trusts it can trust the next. */
export function linkBytes(before: Pick<ChainKey, 'id'>, key: Pick<ChainKey, 'id' | 'from'>): Buffer {
  return Buffer.from(`weir-key-link-v1\n${before.id}\n${key.id}\n${key.from}`);
}

/** What is wrong with a chain, by the place of the key; null when each key is signed by the one before it. */
export function findBrokenLink(chain: readonly ChainKey[]): { place: number; problem: string } | null {
  for (const [place, key] of chain.entries()) {
    const publicKey = publicKeyOf(key);
    if (!publicKey || keyIdOf(Buffer.from(key.publicKey, 'base64')) !== key.id)
      return { place, problem: 'its id is not the fingerprint of its key' };
    const before = chain[place - 1];
    if (!before) continue;
    const signer = publicKeyOf(before);
    const isLinked =
      signer !== null &&
      key.link !== null &&
      verify(null, linkBytes(before, key), signer, Buffer.from(key.link, 'base64'));
    if (!isLinked) return { place, problem: 'it is not signed by the key before it' };
  }
  return null;
}

/**
 * How a chain that a hub shows now is related to the one that was known of it.
 *
 * - `same`, `extended`: the same hub, perhaps after rotations
 * - `rolled_back`: keys that were known are missing at its end: it was restored from an older backup, or somebody holds an older key
 * - `forked`: the chains part after a common beginning
 * - `other`: they have not even the first key in common
 */
export type ChainRelation = 'same' | 'extended' | 'rolled_back' | 'forked' | 'other';

export function compareChains(known: readonly ChainKey[], seen: readonly ChainKey[]): ChainRelation {
  const common = known.findIndex(({ id }, place) => seen[place]?.id !== id);
  if (common === 0) return 'other';
  if (common > 0) return seen.length <= common ? 'rolled_back' : 'forked';
  return seen.length === known.length ? 'same' : 'extended';
}

/** Whoever shows the second chain is whoever showed the first, perhaps after rotations. */
export function isSameHub(known: readonly ChainKey[], seen: readonly ChainKey[]): boolean {
  const relation = compareChains(known, seen);
  return relation === 'same' || relation === 'extended';
}

/** Null for something that is no key. */
export function publicKeyOf({ publicKey }: Pick<ChainKey, 'publicKey'>): KeyObject | null {
  return toPublicKey(Buffer.from(publicKey, 'base64'));
}
