import { createHash } from 'node:crypto';
import type { Actor } from '../../../accounts/access.ts';
import type { Database } from '../../../db/database.ts';
import type { LiveBus } from '../../../live/bus.ts';
import { untilNews } from '../../../live/until-news.ts';
import type { Receipts } from '../../../receipts/service.ts';
import type { SubmissionEdit } from '../../../submissions/editing.ts';
import { SubmissionMissingError } from '../../../submissions/errors.ts';
import type { Submissions } from '../../../submissions/service.ts';
import type { SubmissionView } from '../../../submissions/view.ts';
import type { KnownPeer } from '../../peers/directory.ts';
import { EntryError } from '../errors.ts';
import type { ChangesQuestion } from '../wire/following.ts';
import { MOST_RECORDS } from '../wire/records.ts';
import type { PeerSubmissionDetails } from '../wire/submission.ts';
import * as store from './entry-store.ts';
import type { Asserted } from './guests.ts';
import { type Keyed, type OwnEntries, unknownEntry } from './own-entries.ts';

export interface ChangesPage {
  readonly changed: { readonly key: string; readonly digest: string; readonly submission: SubmissionView }[];
  /** Of which nothing is told, or not any more. */
  readonly lost: string[];
  /** Not all that was asked for: ask for the others again. */
  readonly more: boolean;
}

/** Characters of one answer. */
const PAGE_UNITS = 700_000;

interface Parts {
  readonly database: Database;
  readonly own: OwnEntries;
  readonly submissions: Submissions;
  readonly receipts: Pick<Receipts, 'ofSubmission'>;
  readonly live: LiveBus;
}

/** At the peer: what home hubs and their people are told of submissions that they have entered, and may do with them. */
export class Entered {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
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
    const { user } = await this.#parts.own.person(peer, assertion);
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
    const { actor } = await this.#parts.own.person(peer, assertion);
    return this.#parts.submissions.logs.read(actor, runId, cursor);
  }

  async receipts(peer: KnownPeer, keyed: Keyed) {
    const { own, receipts } = this.#parts;
    const { person, entry } = await own.find(peer, keyed);
    const { submissionId: id } = entry;
    return { receipts: id === null ? [] : await receipts.ofSubmission(person.actor, id) };
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
    return this.#parts.own.view(id);
  }

  /** As the board's rule lets its owner. @throws what the board throws */
  async setOnLeaderboard(
    peer: KnownPeer,
    { onLeaderboard, ...keyed }: Keyed & { onLeaderboard: boolean },
  ): Promise<SubmissionView> {
    const { actor, id } = await this.#entered(peer, keyed);
    await this.#parts.submissions.setOnLeaderboard(actor, id, onLeaderboard);
    return this.#parts.own.view(id);
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

  async #entered(peer: KnownPeer, keyed: Keyed): Promise<{ actor: Actor; id: number }> {
    const { database, own } = this.#parts;
    const { person, entry } = await own.find(peer, keyed);
    const { submissionId: id } = entry;
    if (id === null || !(await store.isEntered(database.queries, id))) throw unknownEntry();
    return { actor: person.actor, id };
  }
}

const keysOf = (seen: ChangesQuestion['seen']) => seen.map(({ key }) => key);
