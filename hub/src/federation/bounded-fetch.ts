/** What comes back from a hub that is not trusted: never more than was asked for, never later. */
export interface BoundedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface Bounds {
  readonly maxBytes: number;
  /** Until the last byte. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export type FetchProblem = 'unreachable' | 'slow' | 'too_large' | 'redirects';

export class BoundedFetchError extends Error {
  override readonly name = 'BoundedFetchError';
  readonly problem: FetchProblem;

  constructor(problem: FetchProblem, message: string, cause?: unknown) {
    super(message, { cause });
    this.problem = problem;
  }
}

/**
 * One request, to this address and no other: redirects are not followed.
 * @throws BoundedFetchError, or the reason of `signal`
 */
export async function boundedFetch(
  url: string,
  init: RequestInit,
  { maxBytes, timeoutMs, signal }: Bounds,
): Promise<BoundedAnswer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal ? AbortSignal.any([timeout, signal]) : timeout;
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: either });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new BoundedFetchError('redirects', 'it sends elsewhere, and redirects are not followed');
    }
    return { status: response.status, headers: response.headers, body: await readAtMost(response, maxBytes) };
  } catch (error) {
    if (error instanceof BoundedFetchError) throw error;
    if (timeout.aborted)
      throw new BoundedFetchError('slow', `no whole answer within ${timeoutMs / 1_000} s`, error);
    if (signal?.aborted) throw signal.reason;
    throw new BoundedFetchError('unreachable', `no connection to ${new URL(url).origin}`, error);
  }
}

/** A transfer that is slower than this is broken off. */
const SLOWEST_BYTES_PER_S = 64 * 1024;

/**
 * The beginning of a file of `size` bytes, to be read as it comes: whoever reads it counts. It breaks off when the rest does not come in time, or with `signal`.
 * @throws what `fetch` throws
 */
export function fetchFile(url: string, size: number, signal: AbortSignal): Promise<Response> {
  const longestMs = Math.ceil(30_000 + (size / SLOWEST_BYTES_PER_S) * 1_000);
  const either = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
  return fetch(url, { redirect: 'manual', signal: either });
}

async function readAtMost(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the rest.
    if (size > maxBytes) throw new BoundedFetchError('too_large', `an answer of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
