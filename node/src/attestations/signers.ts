import type { KeyObject } from 'node:crypto';
import { isSignedBy, readEnvelope } from './envelope.ts';
import { subjectsOf } from './statement.ts';

/** Verifying costs time on the site's machine, and the envelopes come from outside. */
const MAX_ENVELOPES = 16;

/** Digest (sha256:<hex>) -> names of those who have signed it. */
export type SignedDigests = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Which digests are signed by whom of the signers that a site knows. Envelopes are as hostile as whoever brings them: what cannot be read, is of
 * another type, is too large, or is signed by nobody known counts for nothing, and never throws.
 */
export function findSigned(
  envelopes: readonly Uint8Array[],
  signers: Readonly<Record<string, KeyObject>>,
): SignedDigests {
  const signed = new Map<string, Set<string>>();
  for (const bytes of envelopes.slice(0, MAX_ENVELOPES)) {
    const envelope = readEnvelope(bytes);
    const subjects = envelope === null ? [] : subjectsOf(envelope);
    if (envelope === null || subjects.length === 0) continue;
    for (const [name, key] of Object.entries(signers)) {
      if (!isSignedBy(envelope, key)) continue;
      for (const digest of subjects) signed.set(digest, (signed.get(digest) ?? new Set()).add(name));
    }
  }
  return signed;
}
