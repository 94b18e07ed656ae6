import { readFile } from 'node:fs/promises';
import type { Logger } from '../logging/logger.ts';
import { AnswerRefusedError } from './errors.ts';
import { Lanes } from './lanes.ts';
import {
  type Answer,
  type AskedQuestion,
  type Person,
  type Question,
  questionSchema,
  type Verdict,
  type VerdictLedger,
} from './question.ts';
import { digestOf, newRecord, type Piece, type QuestionRecord } from './record.ts';
import { QuestionStore, sha256 } from './store.ts';
import { follow, isAnswered, isWaiting, type QuestionEvent } from './transitions.ts';
import { type QuestionView, viewFor } from './view.ts';
import { Waiters } from './waiters.ts';

const SWEEP_MS = 1_000;
/** How long answers are kept after they were last asked for: for runs that ask again, and for people who want to look back. */
const KEEP_MS = 30 * 86_400_000;

export interface PeopleDeskOptions {
  readonly ledger: VerdictLedger;
  readonly now?: () => number;
  readonly logger: Logger;
}

/**
 * Where runs ask people, and people answer.
 *
 * A question is on disk before anybody can see it, and a verdict before it counts: written beside the question first, then in the ledger,
 * and only then told to the run. Wherever that is cut off, the next life goes on from there: what the ledger lacks is appended, and an
 * entry that it has already is not appended again.
 */
export class PeopleDesk implements AsyncDisposable {
  readonly #store: QuestionStore;
  readonly #options: PeopleDeskOptions;
  readonly #records = new Map<string, QuestionRecord>();
  readonly #waiters = new Waiters();
  /** Changes of one question come one after the other. */
  readonly #lanes = new Lanes();
  /** Records whose outbox an earlier life may have emptied in part. */
  readonly #doubtful = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  private constructor(store: QuestionStore, options: PeopleDeskOptions) {
    this.#store = store;
    this.#options = options;
    this.#timer = setInterval(() => this.#sweepOrLog(), SWEEP_MS);
    this.#timer.unref();
  }

  static async open(folder: string, options: PeopleDeskOptions): Promise<PeopleDesk> {
    const store = await QuestionStore.open(folder);
    const desk = new PeopleDesk(store, options);
    for (const record of await store.readAll()) {
      desk.#records.set(record.question.id, record);
      if (record.outbox.length > 0) desk.#doubtful.add(record.question.id);
    }
    await desk.sweep();
    return desk;
  }

  /**
   * Asks, and resolves with the answer, in days if need be. Idempotent by `question.id`: asked again, also in another life of the process, it
   * goes on waiting with the votes that there are, or resolves at once. Asked again about other material, the votes are cleared.
   *
   * When `signal` aborts the question is withdrawn, unless others wait for its answer too, and this rejects with the signal's reason. Disposing of the desk leaves the question
   * as it is: the promise then never settles, and the next life asks again.
   */
  async ask(asked: AskedQuestion, signal: AbortSignal): Promise<Answer> {
    const question = questionSchema.parse(asked);
    signal.throwIfAborted();
    // Waits from the beginning: whoever else is stopped meanwhile does not withdraw what this one asks.
    const waiter = this.#waiters.add(question);
    const { promise, reject } = waiter.answer;
    const onAbort = () => {
      this.#waiters.remove(question.id, waiter);
      this.#withdraw(question.id).then(() => reject(signal.reason), reject);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#lanes.run(question.id, () => this.#put(question));
      await this.#lanes.run(question.id, () => this.#settle(question.id));
      return await promise;
    } finally {
      this.#waiters.remove(question.id, waiter);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Questions that people can still say something about. */
  open(): QuestionRecord['question'][] {
    return [...this.#records.values()]
      .filter(({ state }) => isWaiting(state))
      .map(({ question }) => question);
  }

  /** All questions as this person may see them, those that wait first, the most urgent on top. */
  list(person: Person): QuestionView[] {
    return [...this.#records.values()].map((record) => this.#view(record, person)).sort(byUrgency);
  }

  find(id: string, person: Person): QuestionView | null {
    const record = this.#records.get(id);
    return record ? this.#view(record, person) : null;
  }

  /** The bytes that would leave, or, with `original`, those that were asked about. */
  async material(id: string, index: number, person: Person, { original = false } = {}): Promise<Uint8Array> {
    const record = this.#getOrRefuse(id);
    const piece = record.material[index];
    if (!piece || !this.#view(record, person).mayLook) throw new AnswerRefusedError('unknown_question');
    return await this.#store.read(id, original || !piece.redacted ? piece.digest : piece.redacted.digest);
  }

  /**
   * Takes a person's verdict. Resolves once it is in the ledger.
   * @throws AnswerRefusedError with a sentence for the person when it does not count.
   */
  async answer(id: string, person: Person, verdict: Verdict): Promise<void> {
    await this.#lanes.run(id, async () => {
      const record = this.#getOrRefuse(id);
      if (isWaiting(record.state) && verdict.seen !== digestOf(record.material)) {
        throw new AnswerRefusedError('material_changed');
      }
      await this.#change(record, await this.#toEvent(record, person, verdict));
    });
  }

  /** Does what time demands: reminders, refusals, entries that the ledger did not take. Called by itself every second. */
  async sweep(): Promise<void> {
    for (const id of [...this.#records.keys()]) await this.#lanes.run(id, () => this.#sweepOne(id));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#lanes.settled();
  }

  async #put(question: Question): Promise<void> {
    const record = this.#records.get(question.id);
    for (const piece of question.material) await this.#keep(question.id, piece);
    if (!record) {
      const fresh = newRecord(question, this.#now());
      await this.#write(fresh);
      this.#options.logger.info(
        { run: question.run, question: question.id, kind: question.kind },
        'a run waits for people',
      );
      return;
    }
    await this.#change(record, { kind: 'ask', question });
  }

  async #keep(id: string, { path, digest }: { path: string; digest: string }): Promise<void> {
    const bytes = await readFile(path);
    if (sha256(bytes) !== digest)
      throw new Error(`${path} does not have the digest ${digest} that it is asked under`);
    await this.#store.keep(id, bytes);
  }

  async #toEvent(record: QuestionRecord, person: Person, verdict: Verdict): Promise<QuestionEvent> {
    if (verdict.kind !== 'redact') return { ...verdict, kind: 'vote', person, vote: verdict.kind };
    const { of, material, reason } = verdict;
    const copy = { digest: sha256(material), bytes: material.length };
    const event = { kind: 'redact', person, of, copy, reason } as const;
    // Tried before its bytes are kept: what is refused leaves nothing behind.
    follow(record, event, this.#now());
    await this.#store.keep(record.question.id, material);
    return event;
  }

  async #withdraw(id: string): Promise<void> {
    await this.#lanes.run(id, async () => {
      const record = this.#records.get(id);
      const isWanted = this.#waiters.has(id);
      if (record && !isWanted && isWaiting(record.state)) await this.#change(record, { kind: 'withdraw' });
    });
  }

  async #sweepOne(id: string): Promise<void> {
    const record = this.#records.get(id);
    if (!record) return;
    const now = this.#nowMs();
    const { remindAt, refuseAt } = record.question;
    if (record.outbox.length > 0) {
      await this.#settle(id);
    } else if (isWaiting(record.state)) {
      if (now >= Date.parse(refuseAt)) await this.#change(record, { kind: 'timeout' });
      else if (!record.reminded && now >= Date.parse(remindAt)) await this.#remind(record);
    } else if (now - Math.max(Date.parse(record.since), Date.parse(record.askedAt)) > KEEP_MS) {
      await this.#store.remove(id);
      this.#records.delete(id);
    }
  }

  async #remind(record: QuestionRecord): Promise<void> {
    await this.#write({ ...record, reminded: true });
    const { id, run, refuseAt } = record.question;
    this.#options.logger.warn({ run, question: id, refuseAt }, 'a run still waits for people');
  }

  async #change(record: QuestionRecord, event: QuestionEvent): Promise<void> {
    await this.#write(follow(record, event, this.#now()));
    await this.#settle(record.question.id);
  }

  /** Brings the outbox into the ledger; then tells the answer, if there is one, to those who wait for it. */
  async #settle(id: string): Promise<void> {
    let record = this.#getOrRefuse(id);
    for (const item of record.outbox) {
      if (!(await this.#isInLedger(record, item))) await this.#options.ledger.append(item.event);
    }
    this.#doubtful.delete(id);
    if (record.outbox.length > 0) {
      record = { ...record, outbox: [] };
      await this.#write(record);
    }
    if (!isAnswered(record.state)) return;
    if (this.#waiters.has(id)) this.#waiters.resolve(id, await this.#toAnswer(record, record.state));
  }

  async #isInLedger(
    record: QuestionRecord,
    { at, event }: QuestionRecord['outbox'][number],
  ): Promise<boolean> {
    const { id, run, kind } = record.question;
    if (!this.#doubtful.has(id)) return false;
    const wanted = JSON.stringify(event, Object.keys(event).sort());
    for await (const entry of this.#options.ledger.entries({ kinds: [kind], run })) {
      const isSame = JSON.stringify(entry.event, Object.keys(entry.event).sort()) === wanted;
      if (isSame && entry.at >= at) return true;
    }
    return false;
  }

  async #toAnswer(record: QuestionRecord, verdict: Answer['verdict']): Promise<Answer> {
    const redacted = new Map<string, Uint8Array>();
    for (const piece of record.material.filter(isRedacted)) {
      redacted.set(piece.digest, await this.#store.read(record.question.id, piece.redacted.digest));
    }
    const deciding = verdict === 'expired' ? [] : record.votes;
    return {
      verdict,
      redacted,
      by: deciding.map(({ person }) => person),
      reason:
        deciding
          .map(({ reason }) => reason)
          .filter(Boolean)
          .join('; ') || 'nobody decided in time',
    };
  }

  async #write(record: QuestionRecord): Promise<void> {
    await this.#store.write(record);
    this.#records.set(record.question.id, record);
  }

  #view(record: QuestionRecord, person: Person): QuestionView {
    return viewFor(record, person, this.#nowMs());
  }

  #getOrRefuse(id: string): QuestionRecord {
    const record = this.#records.get(id);
    if (!record) throw new AnswerRefusedError('unknown_question');
    return record;
  }

  #sweepOrLog(): void {
    this.sweep().catch((error: unknown) =>
      this.#options.logger.error({ err: error }, 'the questions to people cannot be kept up to date'),
    );
  }

  #nowMs(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #now(): string {
    return new Date(this.#nowMs()).toISOString();
  }
}

function isRedacted(piece: Piece): piece is Piece & { redacted: NonNullable<Piece['redacted']> } {
  return piece.redacted !== null;
}

function byUrgency(a: QuestionView, b: QuestionView): number {
  const rank = (view: QuestionView) => (isWaiting(view.state) ? 0 : 1);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  return isWaiting(a.state)
    ? Date.parse(a.refuseAt) - Date.parse(b.refuseAt)
    : Date.parse(b.since) - Date.parse(a.since);
}
