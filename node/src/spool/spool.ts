import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type Assignment,
  AssignmentSchema,
  type AttemptRef,
  AttemptRefSchema,
  type Outcome,
  OutcomeSchema,
} from '@weir/proto/node/v1';
import type { Logger } from '../logging/logger.ts';
import { type AttemptKey, attemptKey } from '../run/attempt.ts';
import { Journal } from './journal.ts';

/** First byte of a record's body; the rest is the message of that name. */
const HELD = 1;
const CONCLUDED = 2;
const SETTLED = 3;

/** Below this a rewrite costs more than it saves. */
const REWRITE_BYTES = 16 * 1024 * 1024;

/** What an earlier life of the process left: attempts in the middle, and outcomes that no hub has acknowledged. */
export interface Recovered {
  readonly held: readonly Assignment[];
  readonly concluded: readonly Outcome[];
}

/**
 * What the node must not forget.
 *
 *   hold -> conclude -> settle        an attempt that ran to its end and was acknowledged
 *   hold -> settle                    one that was lost on the way
 *
 * Only `conclude` waits for the disk: the outcome has to survive a crash of the machine before anyone is told of it. A forgotten `hold`
 * costs a lease, a forgotten `settle` a repeated report, and the hub takes both.
 */
export class Spool implements AsyncDisposable {
  readonly recovered: Recovered;
  readonly #journal: Journal;
  /** The last record of each attempt that is not settled; bounded by the slots and the reports outstanding. */
  readonly #live: Map<AttemptKey, Uint8Array>;
  #liveBytes = 0;

  private constructor(journal: Journal, live: Map<AttemptKey, Uint8Array>) {
    this.#journal = journal;
    this.#live = live;
    for (const record of live.values()) this.#liveBytes += record.length;
    this.recovered = readRecovered(live.values());
  }

  static async open(folder: string, logger: Logger): Promise<Spool> {
    const { journal, records } = await Journal.open(join(folder, 'journal'), logger);
    return new Spool(journal, replay(records));
  }

  hold(assignment: Assignment): void {
    const bytes = record(HELD, toBinary(AssignmentSchema, assignment));
    this.#remember(attemptKey(assignment), bytes);
    this.#journal.append(bytes);
  }

  /** Resolves once the outcome is on disk. */
  async conclude(outcome: Outcome & { attempt: AttemptRef }): Promise<void> {
    const bytes = record(CONCLUDED, toBinary(OutcomeSchema, outcome));
    this.#remember(attemptKey(outcome.attempt), bytes);
    await this.#journal.appendDurably(bytes);
  }

  settle({ runId, attempt }: Pick<AttemptRef, 'runId' | 'attempt'>): void {
    this.#forget(attemptKey({ runId, attempt }));
    const ref = create(AttemptRefSchema, { runId, attempt });
    this.#journal.append(record(SETTLED, toBinary(AttemptRefSchema, ref)));
    if (this.#journal.size > REWRITE_BYTES && this.#journal.size > 4 * this.#liveBytes) {
      this.#journal.rewrite(() => [...this.#live.values()]);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#journal[Symbol.asyncDispose]();
  }

  #remember(key: AttemptKey, bytes: Uint8Array): void {
    this.#forget(key);
    this.#live.set(key, bytes);
    this.#liveBytes += bytes.length;
  }

  #forget(key: AttemptKey): void {
    this.#liveBytes -= this.#live.get(key)?.length ?? 0;
    this.#live.delete(key);
  }
}

function record(kind: number, message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + message.length);
  bytes[0] = kind;
  bytes.set(message, 1);
  return bytes;
}

function replay(records: readonly Uint8Array[]): Map<AttemptKey, Uint8Array> {
  const live = new Map<AttemptKey, Uint8Array>();
  for (const bytes of records) {
    const message = bytes.subarray(1);
    switch (bytes[0]) {
      case HELD:
        live.set(attemptKey(fromBinary(AssignmentSchema, message)), bytes);
        break;
      case CONCLUDED:
        live.set(attemptKey(refOf(fromBinary(OutcomeSchema, message))), bytes);
        break;
      case SETTLED:
        live.delete(attemptKey(fromBinary(AttemptRefSchema, message)));
        break;
      default:
        throw new Error(`the journal holds a record of an unknown kind ${bytes[0]}: it is a later version's`);
    }
  }
  return live;
}

function readRecovered(records: Iterable<Uint8Array>): Recovered {
  const held: Assignment[] = [];
  const concluded: Outcome[] = [];
  for (const bytes of records) {
    const message = bytes.subarray(1);
    if (bytes[0] === HELD) held.push(fromBinary(AssignmentSchema, message));
    else concluded.push(fromBinary(OutcomeSchema, message));
  }
  return { held, concluded };
}

function refOf(outcome: Outcome): AttemptRef {
  if (!outcome.attempt) throw new Error('the journal holds an outcome without an attempt');
  return outcome.attempt;
}
