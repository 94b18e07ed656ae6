import { randomUUID } from 'node:crypto';
import type { Database } from '../../../db/database.ts';
import type { Resources } from '../../../resources/service.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { BlobTooLargeError } from '../../../storage/errors.ts';
import type { PartialFiles } from '../../../storage/partial-files.ts';
import type { Submissions } from '../../../submissions/service.ts';
import type { SubmissionView } from '../../../submissions/view.ts';
import type { MappedActor } from '../../identity/mapping.ts';
import type { KnownPeer } from '../../peers/directory.ts';
import { EntryError } from '../errors.ts';
import type { EntryRequest } from '../wire/entry.ts';
import * as store from './entry-store.ts';
import { type Keyed, type OwnEntries, requireOwn, unknownEntry } from './own-entries.ts';

export type Granted =
  /** Send the bytes from `offset` on to PUT /federation/uploads/<grant>?offset=<offset>. */
  | { readonly state: 'wanted'; readonly grant: string; readonly offset: number }
  /** All bytes are here: submit. */
  | { readonly state: 'complete' }
  | { readonly state: 'entered'; readonly submissionId: number };

const GRANT_MS = 24 * 3_600_000;
const KEPT_MS = 2 * 24 * 3_600_000;

interface Parts {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly partials: PartialFiles;
  readonly own: OwnEntries;
  readonly resources: Resources;
  readonly submissions: Submissions;
  readonly maxUploadBytes: number;
}

/**
 * At the peer: submissions that home hubs deliver for their people.
 *
 *   grant -> bytes, in one part or several -> submit
 *
 * Each step can be repeated, after whatever has broken off: a key is entered once. Who the person is has to be said anew for each step, so what they take
 * back, or this hub does not want any more, stops between two.
 */
export class Entries {
  readonly #parts: Parts;
  /** One after the other: while one is entered, a connection of the database is held. */
  #entering: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Asks to deliver; whatever would be refused in the end is refused here, before any bytes are sent. @throws EntryError and what resources throw */
  async grant(
    peer: KnownPeer,
    { assertion, key, request }: Keyed & { request: EntryRequest },
  ): Promise<Granted> {
    const { database, partials } = this.#parts;
    const { queries } = database;
    const person = await this.#parts.own.person(peer, assertion);
    const known = await store.findEntry(queries, peer.id, key);
    if (!known) {
      await this.#requireWelcome(person, request);
      const { phaseId, digest, size } = request;
      const entry = { peerId: peer.id, key, userId: person.user.id, phaseId, request, digest, size };
      await store.insertEntry(queries, entry);
    }
    const entry = requireOwn(await store.findEntry(queries, peer.id, key), person.user);
    const { digest, size, phaseId } = entry;
    if (digest !== request.digest || size !== request.size || phaseId !== request.phaseId)
      throw new EntryError('entry_differs', 'with this key something else was delivered');
    if (entry.submissionId !== null && (await store.isEntered(queries, entry.submissionId)))
      return { state: 'entered', submissionId: entry.submissionId };
    if (entry.resourceId !== null) return { state: 'complete' };
    await this.#requireAllowed(person, request);
    const grant = randomUUID();
    const grantEndsAt = new Date(Date.now() + GRANT_MS);
    await store.updateEntry(queries, entry, { grantId: grant, grantedAt: new Date(), grantEndsAt });
    return { state: 'wanted', grant, offset: Math.min(await partials.size(partialOf(entry)), size) };
  }

  /** Whom a grant is for, before anything is believed of who sends. @throws EntryError */
  async granted(grantId: string): Promise<store.Entry> {
    const entry = await store.findGranted(this.#parts.database.queries, grantId);
    if (!entry)
      throw new EntryError('grant_unknown', 'there is no such grant: it was used or replaced, or has ended');
    return entry;
  }

  /**
   * Takes bytes from `offset` on. Where other bytes are here than the sender thinks, nothing is taken.
   * @returns how many are here then; with the last one the grant is used up
   * @throws EntryError
   */
  async receive(
    peer: KnownPeer,
    entry: store.Entry,
    offset: number,
    content: AsyncIterable<Uint8Array>,
  ): Promise<{ received: number; isComplete: boolean }> {
    const { partials, blobs, resources, database } = this.#parts;
    if (entry.peerId !== peer.id) throw new EntryError('grant_unknown', 'the grant is for another hub');
    const { digest, size, request, userId, key } = entry;
    const name = partialOf(entry);
    const received = await partials.write(name, offset, content, size);
    if (received < size) return { received, isComplete: false };
    const found = await partials.digest(name);
    if (found !== digest) {
      await partials.remove(name);
      throw new EntryError('digest_differs', `what came is ${found}, and was to be ${digest}`);
    }
    const blob = await blobs.put(partials.read(name), { maxBytes: size });
    await database.transaction(async ({ queries }) => {
      const locked = await store.lockEntry(queries, peer.id, key);
      // Sent twice at the same moment.
      if (!locked || locked.resourceId !== null || locked.withdrawnAt) return;
      const { fileName } = request;
      const resource = await resources.add(
        queries,
        { type: 'submission', name: fileName, fileName, createdBy: userId },
        blob,
      );
      await store.updateEntry(queries, entry, { resourceId: resource.id, grantId: null, grantEndsAt: null });
    });
    await partials.remove(name);
    return { received, isComplete: true };
  }

  /** Enters it; again: says what it became. @throws EntryError and what entering throws */
  async submit(peer: KnownPeer, keyed: Keyed): Promise<SubmissionView> {
    const { database, own } = this.#parts;
    const { person, entry } = await own.find(peer, keyed);
    const submissionId = await store.reserveSubmission(database.queries, entry);
    const entered = this.#entering.then(() => this.#enter(person, entry, submissionId));
    this.#entering = entered.catch(() => {});
    await entered;
    return this.#parts.own.view(submissionId);
  }

  /** Takes it back before it is entered, or cancels what it became. @returns what it became; null when it never will */
  async cancel(peer: KnownPeer, { assertion, key }: Keyed): Promise<SubmissionView | null> {
    const { database, submissions, partials } = this.#parts;
    const { actor, user } = await this.#parts.own.person(peer, assertion);
    const submissionId = await database.transaction(async ({ queries }) => {
      const entry = await store.lockEntry(queries, peer.id, key);
      if (!entry) return null;
      if (entry.userId !== user.id) throw unknownEntry();
      if (await store.isEntered(queries, entry.submissionId)) return entry.submissionId;
      await store.updateEntry(queries, entry, { withdrawnAt: new Date(), grantId: null });
      return null;
    });
    if (submissionId === null) {
      await partials.remove(partialOf({ peerId: peer.id, key }));
      return null;
    }
    await submissions.cancel(actor, submissionId);
    return this.#parts.own.view(submissionId);
  }

  /** What was begun and never went on. */
  async tend(): Promise<void> {
    await this.#parts.partials.removeOld(KEPT_MS);
  }

  async #requireWelcome(person: MappedActor, request: EntryRequest): Promise<void> {
    const { resources, maxUploadBytes } = this.#parts;
    const { size } = request;
    if (size > maxUploadBytes) throw new BlobTooLargeError(maxUploadBytes);
    await this.#requireAllowed(person, request);
    await resources.checkRoom(person.user.id, size);
  }

  async #requireAllowed({ actor }: MappedActor, { phaseId, rehearsal }: EntryRequest): Promise<void> {
    const allowance = await this.#parts.submissions.allowance(actor, phaseId);
    if (rehearsal ? allowance.canRehearse : allowance.can) return;
    const reason =
      rehearsal && !allowance.rehearsal ? 'No site offers rehearsals of this phase.' : allowance.reason;
    throw new EntryError('entry_not_allowed', reason ?? 'You cannot submit to this phase now.');
  }

  /** The lock is held until it is committed; a process that is killed meanwhile leaves it entered under the reserved number, or not at all. */
  #enter({ actor }: MappedActor, { peerId, key }: store.Entry, submissionId: number): Promise<void> {
    const { database, submissions } = this.#parts;
    return database.transaction(async ({ queries }) => {
      const entry = await store.lockEntry(queries, peerId, key);
      if (!entry || entry.withdrawnAt)
        throw new EntryError('entry_withdrawn', 'it was withdrawn before it was entered');
      if (await store.isEntered(queries, submissionId)) return;
      if (entry.resourceId === null)
        throw new EntryError('entry_incomplete', 'its bytes are not all here: ask for a grant and send them');
      const { phaseId, name, description, taskIds, factSheetAnswers, rehearsal } = entry.request;
      const resourceKey = await store.keyOfResource(queries, entry.resourceId);
      const request = {
        id: submissionId,
        phaseId,
        resourceKey,
        name,
        description,
        factSheetAnswers,
        taskIds: taskIds ?? undefined,
      };
      if (rehearsal) await submissions.rehearse(actor, { ...request, site: rehearsal.site ?? undefined });
      else await submissions.create(actor, request);
      await store.updateEntry(queries, entry, { enteredAt: new Date() });
    });
  }
}

function partialOf({ peerId, key }: Pick<store.Entry, 'peerId' | 'key'>): string {
  return `${peerId}-${key}`;
}
