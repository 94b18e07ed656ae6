import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Actor, requireUser } from '../../../accounts/access.ts';
import { fetchFile } from '../../bounded-fetch.ts';
import { PeerCompetitionMissingError } from '../../catalogue/errors.ts';
import type { PeerIdentity } from '../../identity/service.ts';
import type { PeerCalls } from '../../peers/client.ts';
import type { KnownPeer, PeerDirectory } from '../../peers/directory.ts';
import { PeerCallError } from '../../peers/errors.ts';
import { offeredFile, type WantedFile } from '../wire/file.ts';
import type { Readings } from './readings.ts';
import type { PeerSubmissions } from './submissions.ts';

/** Of one page that a program has written; it is shown whole. */
const MOST_REPORT_BYTES = 32 * 1024 ** 2;

/** A file of a peer: nothing of it is kept here. */
export interface PeerFile {
  readonly fileName: string;
  readonly size: number;
  /**
   * Its bytes as they come from the peer. They fail before the last of them where they are not those that were offered, so that nobody who was told the size
   * takes them for whole.
   * @throws PeerCallError before the first byte
   */
  open(signal: AbortSignal): Promise<Readable>;
}

interface Which {
  readonly hub: string;
  /** Number of the competition there. */
  readonly id: number;
}

interface Parts {
  readonly directory: PeerDirectory;
  readonly calls: PeerCalls;
  readonly identity: Pick<PeerIdentity, 'assertionFor'>;
  readonly readings: Readings;
  readonly submissions: Pick<PeerSubmissions, 'peerOf'>;
  /** What this hub lets anybody send it, it carries for its people. */
  readonly maxBytes: number;
}

/** At home: files of peers, for those who may have them there. The peer decides each time. */
export class PeerFiles {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Public data or the starting kit of a phase, for participants. @throws ConsentMissingError | PeerCallError */
  async ofPhase(
    actor: Actor,
    { hub, id, phaseId, kind }: Which & { phaseId: number; kind: 'public_data' | 'starting_kit' },
  ): Promise<PeerFile> {
    const user = requireUser(actor);
    const listed = await this.#parts.readings.listed(hub, id);
    const { content: competition } = await this.#parts.readings.competition(listed);
    if (!competition.phases.some((phase) => phase.id === phaseId)) throw new PeerCompetitionMissingError();
    const assertion = await this.#parts.identity.assertionFor(user, listed.peerId, 'register');
    return this.#ask(listed.peerId, assertion, { of: 'phase', phaseId, kind });
  }

  /**
   * Of a submission of the actor's own, or of a part of it.
   * @param id here
   * @param submissionId at the peer
   * @throws PeerSubmissionMissingError | ConsentMissingError | PeerCallError
   */
  async ofOwn(
    actor: Actor,
    { id, ...which }: { id: number } & Pick<WantedFile & { of: 'submission' }, 'submissionId' | 'kind'>,
  ): Promise<PeerFile> {
    const user = requireUser(actor);
    const peerId = await this.#parts.submissions.peerOf(actor, id);
    const assertion = await this.#parts.identity.assertionFor(user, peerId, 'submit');
    return this.#ask(peerId, assertion, { of: 'submission', ...which });
  }

  /** Of a submission that was made public, or the report of an entry, as any visitor of the peer gets it. @throws PeerCallError */
  async shown({
    hub,
    id,
    ...which
  }: Which & Pick<WantedFile & { of: 'submission' }, 'submissionId' | 'kind'>): Promise<PeerFile> {
    const { peerId } = await this.#parts.readings.listed(hub, id);
    return this.#ask(peerId, null, { of: 'submission', ...which });
  }

  async #ask(peerId: number, assertion: string | null, file: WantedFile): Promise<PeerFile> {
    const { calls, directory, maxBytes } = this.#parts;
    const offer = await calls
      .client(peerId)
      .call(offeredFile, (hub) => hub.participation.file.query({ assertion, file }), { scope: 'list' });
    const peer = await directory.get(peerId);
    const { fileName, size, digest, path } = offer;
    const most = file.kind === 'detailed_result' ? MOST_REPORT_BYTES : maxBytes;
    if (size > most)
      throw new PeerCallError(
        'peer_answer_too_large',
        peer.name,
        `the file has ${size} bytes, and this hub carries ${most} of one at most`,
      );
    return { fileName, size, open: (signal) => open(peer, path, { digest, size }, signal) };
  }
}

interface Promised {
  readonly digest: string;
  readonly size: number;
}

async function open(
  { name, address }: KnownPeer,
  path: string,
  promised: Promised,
  left: AbortSignal,
): Promise<Readable> {
  const response = await fetchFile(`${address}${path}`, promised.size, left).catch((cause: unknown) => {
    throw new PeerCallError('peer_unreachable', name, 'the connection for the file broke off', { cause });
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new PeerCallError(
      'peer_answer_invalid',
      name,
      `it answers ${response.status} for a file that it offers`,
    );
  }
  const parts = checked(name, response.body ?? [], promised);
  // Of a small file all is known before anything is sent on.
  return Readable.from(beginning(await parts.next(), parts));
}

/** Holds each part back until the next has come, and the last one until all are what they were to be. */
async function* checked(
  peer: string,
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { digest, size }: Promised,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  let came = 0;
  let held: Uint8Array | null = null;
  for await (const part of body) {
    came += part.length;
    if (came > size) break;
    hash.update(part);
    if (held) yield held;
    held = part;
  }
  if (came !== size || `sha256:${hash.digest('hex')}` !== digest)
    throw new PeerCallError('peer_answer_invalid', peer, 'what it sends is not the file that it offers');
  if (held) yield held;
}

async function* beginning(
  first: IteratorResult<Uint8Array, void>,
  parts: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void> {
  try {
    if (first.done) return;
    yield first.value;
    yield* parts;
  } finally {
    await parts.return();
  }
}
