import { createHash, randomUUID } from 'node:crypto';
import type { ActingUser, Actor } from '../../../accounts/access.ts';
import type { Database } from '../../../db/database.ts';
import type { LiveBus } from '../../../live/bus.ts';
import { untilNews } from '../../../live/until-news.ts';
import type { Receipts } from '../../../receipts/service.ts';
import type { Resources } from '../../../resources/service.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { BlobTooLargeError } from '../../../storage/errors.ts';
import type { PartialFiles } from '../../../storage/partial-files.ts';
import type { SubmissionEdit } from '../../../submissions/editing.ts';
import { SubmissionMissingError } from '../../../submissions/errors.ts';
import type { Submissions } from '../../../submissions/service.ts';
import type { SubmissionView } from '../../../submissions/view.ts';
import type { MappedActor } from '../../identity/mapping.ts';
import type { PeerIdentity } from '../../identity/service.ts';
import type { KnownPeer } from '../../peers/directory.ts';
import { EntryError } from '../errors.ts';
import type { EntryRequest } from '../wire/entry.ts';
import type { ChangesQuestion } from '../wire/following.ts';
import { MOST_RECORDS } from '../wire/records.ts';
import type { PeerSubmissionDetails } from '../wire/submission.ts';
import * as store from './entry-store.ts';
import type { Asserted } from './guests.ts';

interface Keyed extends Asserted {
  /** The home hub's name for what it delivers: whatever is repeated with it happens once. */
  readonly key: string;
}

export type Granted =
  /** Send the bytes from `offset` on to PUT /federation/uploads/<grant>?offset=<offset>. */
  | { readonly state: 'wanted'; readonly grant: string; readonly offset: number }
  /** All bytes are here: submit. */
  | { readonly state: 'complete' }
  | { readonly state: 'entered'; readonly submissionId: number };

export interface ChangesPage {
  readonly changed: { readonly key: string; readonly digest: string; readonly submission: SubmissionView }[];
  /** Of which nothing is told, or not any more. */
  readonly lost: string[];
  /** Not all that was asked for: ask for the others again. */
  readonly more: boolean;
}

const GRANT_MS = 24 * 3_600_000;
const KEPT_MS = 2 * 24 * 3_600_000;
/** Characters of one answer. */
const PAGE_UNITS = 700_000;

interface Parts {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly partials: PartialFiles;
  readonly identity: Pick<PeerIdentity, 'accountOf'>;
  readonly resources: Resources;
  readonly submissions: Submissions;
  readonly receipts: Pick<Receipts, 'ofSubmission'>;
  readonly live: LiveBus;
  readonly maxUploadBytes: number;
}

/**
 * At the peer: submissions that home hubs deliver for their people.
 *
 *   grant -> bytes, in one part or several -> submit -> changes, cancel
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
    const person = await this.#person(peer, assertion);
    const known = await store.findEntry(queries, peer.id, key);
    if (!known) {
      await this.#requireWelcome(person, request);
      const { phaseId, digest, size } = request;
      const entry = { peerId: peer.id, key, userId: person.user.id, phaseId, request, digest, size };
      await store.insertEntry(queries, entry);
    }
    const entry = this.#require(await store.findEntry(queries, peer.id, key), person.user);
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
  async submit(peer: KnownPeer, { assertion, key }: Keyed): Promise<SubmissionView> {
    const { database } = this.#parts;
    const person = await this.#person(peer, assertion);
    const entry = this.#require(await store.findEntry(database.queries, peer.id, key), person.user);
    const submissionId = await store.reserveSubmission(database.queries, entry);
    const entered = this.#entering.then(() => this.#enter(person, entry, submissionId));
    this.#entering = entered.catch(() => {});
    await entered;
    return this.#view(submissionId);
  }

  /** Takes it back before it is entered, or cancels what it became. @returns what it became; null when it never will */
  async cancel(peer: KnownPeer, { assertion, key }: Keyed): Promise<SubmissionView | null> {
    const { database, submissions, partials } = this.#parts;
    const { actor, user } = await this.#person(peer, assertion);
    const submissionId = await database.transaction(async ({ queries }) => {
      const entry = await store.lockEntry(queries, peer.id, key);
      if (!entry) return null;
      if (entry.userId !== user.id) throw unknown();
      if (await store.isEntered(queries, entry.submissionId)) return entry.submissionId;
      await store.updateEntry(queries, entry, { withdrawnAt: new Date(), grantId: null });
      return null;
    });
    if (submissionId === null) {
      await partials.remove(partialOf({ peerId: peer.id, key }));
      return null;
    }
    await submissions.cancel(actor, submissionId);
    return this.#view(submissionId);
  }

  /** What has changed of what this peer has delivered, since what it has seen. Answers at once when there is something to tell. */
  async changes(
    peer: KnownPeer,
    { seen, waitMs }: ChangesQuestion,
    signal: AbortSignal,
  ): Promise<ChangesPage> {
    const { database, live } = this.#parts;
    const until = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
    const numbers = await store.findNumbers(database.queries, peer.id, keysOf(seen));
    const topics = numbers.map((id) => `submission:${id}` as const);
    return untilNews(live, topics, until, async () => {
      const answer = await this.#changed(peer, seen);
      return { answer, hasNews: answer.changed.length > 0 || answer.lost.length > 0 || seen.length === 0 };
    });
  }

  async #changed(peer: KnownPeer, seen: ChangesQuestion['seen']): Promise<ChangesPage> {
    const { database, submissions } = this.#parts;
    const told = await store.findTold(database.queries, peer.id, keysOf(seen));
    const views = await submissions.asOwnersSee(told.map(({ submissionId }) => submissionId));
    const viewOf = new Map(views.map((view) => [view.id, view]));
    const keyOf = new Map(told.map(({ key, submissionId }) => [key, submissionId]));
    const page: ChangesPage = { changed: [], lost: [], more: false };
    let units = 0;
    for (const { key, digest: known } of seen) {
      const submission = viewOf.get(keyOf.get(key) ?? 0);
      if (!submission) {
        page.lost.push(key);
        continue;
      }
      const text = JSON.stringify(submission);
      const digest = createHash('sha256').update(text).digest('hex');
      if (digest === known) continue;
      units += text.length;
      if (page.changed.length > 0 && units > PAGE_UNITS) return { ...page, more: true };
      page.changed.push({ key, digest, submission });
    }
    return page;
  }

  /** What was entered for one person and stands here, for a home hub that may have lost its record of it. */
  async records(
    peer: KnownPeer,
    { assertion, after }: Asserted & { after: number },
  ): Promise<{ records: Awaited<ReturnType<typeof store.listRecords>>; more: boolean }> {
    const { user } = await this.#person(peer, assertion);
    const found = await store.listRecords(this.#parts.database.queries, {
      peerId: peer.id,
      userId: user.id,
      after,
      limit: MOST_RECORDS + 1,
    });
    let units = 0;
    const fitting = found.slice(0, MOST_RECORDS).filter((record, place) => {
      units += JSON.stringify(record).length;
      return place === 0 || units <= PAGE_UNITS;
    });
    return { records: fitting, more: fitting.length < found.length };
  }

  async logs(
    peer: KnownPeer,
    { assertion, runId, cursor }: Asserted & { runId: number; cursor: string | null },
  ) {
    const { actor } = await this.#person(peer, assertion);
    return this.#parts.submissions.logs.read(actor, runId, cursor);
  }

  async receipts(peer: KnownPeer, { assertion, key }: Keyed) {
    const { actor, user } = await this.#person(peer, assertion);
    const { database, receipts } = this.#parts;
    const { submissionId } = this.#require(await store.findEntry(database.queries, peer.id, key), user);
    return { receipts: submissionId === null ? [] : await receipts.ofSubmission(actor, submissionId) };
  }

  /** What its owner may do with it, and which files of it and of its parts there are for them. */
  async details(peer: KnownPeer, keyed: Keyed): Promise<PeerSubmissionDetails> {
    const { submissions } = this.#parts;
    const { actor, id } = await this.#entered(peer, keyed);
    const whole = await submissions.get(actor, id);
    const parts = await Promise.all(whole.children.map((child) => submissions.get(actor, child.id)));
    const { canEdit, canPublish, canPutOnLeaderboard, canRemoveFromLeaderboard } = whole;
    const files = [
      ...whole.files.map(({ kind, name }) => ({ submissionId: id, kind, name })),
      // What was submitted is the same for each.
      ...parts.flatMap((part) =>
        part.files.flatMap(({ kind, name }) =>
          kind === 'submission' ? [] : [{ submissionId: part.id, kind, name }],
        ),
      ),
    ];
    return { files, canEdit, canPublish, canPutOnLeaderboard, canRemoveFromLeaderboard };
  }

  /** Changes what it says of itself. @throws what editing throws */
  async edit(peer: KnownPeer, { edit, ...keyed }: Keyed & { edit: SubmissionEdit }): Promise<SubmissionView> {
    const { actor, id } = await this.#entered(peer, keyed);
    await this.#parts.submissions.edit(actor, id, edit);
    return this.#view(id);
  }

  /** As the board's rule lets its owner. @throws what the board throws */
  async setOnLeaderboard(
    peer: KnownPeer,
    { onLeaderboard, ...keyed }: Keyed & { onLeaderboard: boolean },
  ): Promise<SubmissionView> {
    const { actor, id } = await this.#entered(peer, keyed);
    await this.#parts.submissions.setOnLeaderboard(actor, id, onLeaderboard);
    return this.#view(id);
  }

  /** Deletes it, once it is over and on no board; again: no harm. @throws what deleting throws */
  async remove(peer: KnownPeer, keyed: Keyed): Promise<void> {
    try {
      const { actor, id } = await this.#entered(peer, keyed);
      await this.#parts.submissions.remove(actor, id);
    } catch (error) {
      // Deleted, or never entered.
      if (
        error instanceof SubmissionMissingError ||
        (error instanceof EntryError && error.code === 'entry_unknown')
      )
        return;
      throw error;
    }
  }

  /** What was begun and never went on. */
  async tend(): Promise<void> {
    await this.#parts.partials.removeOld(KEPT_MS);
  }

  #person(peer: KnownPeer, assertion: string): Promise<MappedActor> {
    return this.#parts.identity.accountOf(peer, assertion, ['submit']);
  }

  async #entered(peer: KnownPeer, { assertion, key }: Keyed): Promise<{ actor: Actor; id: number }> {
    const { queries } = this.#parts.database;
    const { actor, user } = await this.#person(peer, assertion);
    const { submissionId: id } = this.#require(await store.findEntry(queries, peer.id, key), user);
    if (id === null || !(await store.isEntered(queries, id))) throw unknown();
    return { actor, id };
  }

  #require(entry: store.Entry | null, user: ActingUser): store.Entry {
    if (!entry || entry.userId !== user.id) throw unknown();
    if (entry.withdrawnAt) throw new EntryError('entry_withdrawn', 'it was withdrawn before it was entered');
    return entry;
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

  async #view(id: number): Promise<SubmissionView> {
    const [view] = await this.#parts.submissions.asOwnersSee([id]);
    if (!view) throw unknown();
    return view;
  }
}

const keysOf = (seen: ChangesQuestion['seen']) => seen.map(({ key }) => key);

/** Somebody else's is unknown too. */
function unknown(): EntryError {
  return new EntryError('entry_unknown', 'nothing was delivered with this key for this person');
}

function partialOf({ peerId, key }: Pick<store.Entry, 'peerId' | 'key'>): string {
  return `${peerId}-${key}`;
}
