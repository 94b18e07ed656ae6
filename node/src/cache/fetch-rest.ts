import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export interface Download {
  /** sha256:<hex> */
  readonly digest: string;
  readonly size: number;
  readonly url: URL;
  /** Where the bytes gather. What an earlier try, or an earlier life of the process, left there is gone on with. */
  readonly path: string;
}

/**
 *   passing   the same request may work in a moment
 *   corrupt   complete, but with another digest; the partial file was emptied
 *   final     the hub will not give it, however often it is asked
 */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  readonly kind: 'passing' | 'corrupt' | 'final';

  constructor(kind: FetchError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A server that sends nothing for so long has forgotten about us. */
const STALL_MS = 30_000;
const FINAL_STATUSES = new Set([400, 401, 403, 404, 405, 410]);

/** Fetches what the partial file lacks and checks the whole. */
export async function fetchRest(what: Download, signal: AbortSignal): Promise<void> {
  await using file = await open(what.path, constants.O_RDWR | constants.O_CREAT, 0o600);
  const { size: found } = await file.stat();
  if (found > what.size) await file.truncate(0);
  let hash = createHash('sha256');
  let offset = found > what.size ? 0 : await hashFile(file, hash);
  if (offset < what.size) {
    const stall = new AbortController();
    const timer = setTimeout(
      () => stall.abort(new FetchError('passing', 'the hub stopped sending')),
      STALL_MS,
    );
    try {
      const response = await request(what, offset, AbortSignal.any([signal, stall.signal]));
      if (response.status === 200 && offset > 0) {
        // It does not know ranges, or has something else by now: from the start.
        hash = createHash('sha256');
        offset = 0;
        await file.truncate(0);
      }
      offset = await receive(response, file, hash, offset, what.size, timer);
    } finally {
      clearTimeout(timer);
    }
  }
  if (offset < what.size) throw new FetchError('passing', `cut off after ${offset} of ${what.size} bytes`);
  if (`sha256:${hash.digest('hex')}` !== what.digest) {
    await file.truncate(0);
    throw new FetchError('corrupt', 'what the hub sent has another digest');
  }
}

async function hashFile(file: FileHandle, hash: Hash): Promise<number> {
  let offset = 0;
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) {
    hash.update(chunk);
    offset += chunk.length;
  }
  return offset;
}

async function request({ url }: Download, offset: number, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (offset > 0) headers.range = `bytes=${offset}-`;
  const response = await fetch(url, { headers, signal, redirect: 'manual' });
  const isPart =
    response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${offset}-`);
  if (response.status === 200 || isPart) return response;
  await response.body?.cancel();
  const isElsewhere = response.status >= 300 && response.status < 400;
  const kind = isElsewhere || FINAL_STATUSES.has(response.status) ? 'final' : 'passing';
  throw new FetchError(kind, `the hub answered ${response.status}`);
}

async function receive(
  response: Response,
  file: FileHandle,
  hash: Hash,
  start: number,
  size: number,
  timer: NodeJS.Timeout,
): Promise<number> {
  let offset = start;
  for await (const chunk of response.body ?? []) {
    timer.refresh();
    if (offset + chunk.length > size) {
      await file.truncate(0);
      throw new FetchError('corrupt', `the hub sent more than the ${size} bytes that it announced`);
    }
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done, offset + done);
      done += bytesWritten;
    }
    hash.update(chunk);
    offset += chunk.length;
  }
  return offset;
}
