import { Readable } from 'node:stream';
import { z } from 'zod';
import type { KeyRing } from '../../../keys/ring.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { BoundedFetchError, boundedFetch } from '../../bounded-fetch.ts';
import { signCall } from '../../calls/token.ts';
import type { KnownPeer } from '../../peers/directory.ts';
import { PeerCallError } from '../../peers/errors.ts';
import { received, uploadProcedure } from '../wire/entry.ts';
import { prose } from '../wire/text.ts';

/** Bytes of one request: what is lost when it breaks off is at most that. */
const PART = 16 * 1024 ** 2;
const PART_MS = 5 * 60_000;
const MOST_ANSWER_BYTES = 64 * 1024;
/** Parts that brought the sender no further. */
const MOST_IN_VAIN = 3;

const refused = z.object({
  error: z.object({ code: z.string().regex(/^[a-z_]{1,60}$/), message: prose(2_000) }),
});

export interface Sent {
  readonly grant: string;
  readonly offset: number;
  readonly digest: string;
  readonly size: number;
}

/**
 * Sends the bytes of a blob to a peer that has granted it, part by part, from where the peer has them. Each part is signed for by itself.
 * @param note before each part, with what the peer has; false ends it
 * @returns whether the peer has all of it
 * @throws PeerCallError
 */
export async function sendBytes(
  { blobs, keys }: { blobs: BlobStore; keys: Pick<KeyRing, 'signing' | 'rootId'> },
  peer: KnownPeer,
  { grant, offset, digest, size }: Sent,
  note: (sent: number) => Promise<boolean>,
  signal: AbortSignal,
): Promise<boolean> {
  let vain = 0;
  for (let here = offset; ; ) {
    if (!(await note(here))) return false;
    const end = Math.min(here + PART, size) - 1;
    const { rootId: audience, protocol } = peer;
    const procedure = uploadProcedure(grant);
    const token = await signCall(keys, { audience, procedure, body: { digest }, protocol });
    const bytes = here < size ? await blobs.open(digest, { start: here, end }) : Readable.from([]);
    const answer = await put(
      peer,
      `${peer.address}/federation/uploads/${grant}?offset=${here}`,
      token,
      bytes,
      signal,
    );
    if (answer.isComplete) return true;
    vain = answer.received > here ? 0 : vain + 1;
    if (vain >= MOST_IN_VAIN || answer.received > size)
      throw new PeerCallError(
        'peer_answer_invalid',
        peer.name,
        'it does not say that it has what it is sent',
      );
    here = answer.received;
  }
}

async function put(
  { name }: KnownPeer,
  url: string,
  token: string,
  bytes: Readable,
  signal: AbortSignal,
): Promise<z.output<typeof received>> {
  try {
    const request = {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
      body: toStream(bytes),
      duplex: 'half' as const,
    };
    const answer = await boundedFetch(url, request, {
      maxBytes: MOST_ANSWER_BYTES,
      timeoutMs: PART_MS,
      signal,
    });
    return read(name, answer.status, answer.body.toString('utf8'));
  } catch (error) {
    if (!(error instanceof BoundedFetchError)) throw error;
    const code = error.problem === 'slow' ? 'peer_slow' : 'peer_unreachable';
    throw new PeerCallError(code, name, error.message, { cause: error });
  } finally {
    bytes.destroy();
  }
}

function toStream(bytes: AsyncIterable<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = bytes[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return?.();
    },
  });
}

function read(peer: string, status: number, body: string): z.output<typeof received> {
  let said: unknown = null;
  try {
    said = JSON.parse(body);
  } catch {
    // Whatever it is, it is none of what was agreed on.
  }
  const taken = received.safeParse(said);
  if (status === 200 && taken.success) return taken.data;
  const no = refused.safeParse(said);
  if (!no.success)
    throw new PeerCallError('peer_answer_invalid', peer, `its answer (${status}) is none of this protocol`);
  const { code, message } = no.data.error;
  throw new PeerCallError('peer_refused', peer, message.slice(0, 500), { refusal: code });
}
