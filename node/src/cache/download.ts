import { hasCode } from '../home/atomic-file.ts';
import { Backoff, pause } from '../link/backoff.ts';
import { ArtifactUnavailableError } from './errors.ts';
import { type Download, FetchError, fetchRest } from './fetch-rest.ts';

const MAX_TRIES = 6;
/** A second complete download with a wrong digest is the hub's mistake and not the wire's. */
const MAX_CORRUPT = 2;

/**
 * Fetches an artifact to its partial file; resolves once that is complete and has the digest.
 * Rejects with ArtifactUnavailableError when the hub is at fault, with the signal's reason when aborted, else with the site's own error
 * (a full disk).
 */
export async function download(
  what: Download,
  signal: AbortSignal,
  backoff = new Backoff({ firstMs: 500, maxMs: 15_000 }),
): Promise<void> {
  let corrupt = 0;
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await fetchRest(what, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isSiteFault(error)) throw error;
      const kind = error instanceof FetchError ? error.kind : 'passing';
      if (kind === 'corrupt') corrupt += 1;
      if (kind === 'final' || corrupt === MAX_CORRUPT || tries === MAX_TRIES) {
        throw new ArtifactUnavailableError(what.digest, messageOf(error), error);
      }
      await pause(backoff.next(), signal);
    }
  }
}

function isSiteFault(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO', 'ENOENT'].some((code) => hasCode(error, code));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
