import { create, fromBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  AttemptRefSchema,
  FailureCode,
  type Outcome,
  OutcomeSchema,
  ProgressSchema,
  RunState,
  WaitReason,
} from '@weir/proto/node/v1';
import type { Logger } from 'pino';
import type { Database } from '../../db/database.ts';
import type { Dispatcher } from '../../dispatch/service.ts';
import type { ReceiptDesk } from '../../receipts/service.ts';
import * as store from './handed-store.ts';
import type { Rest } from './rest.ts';
import { keepLogs, positionOf } from './told-logs.ts';
import { type Answer, type AttemptName, type Held, nameOf, type ToldRun } from './wire.ts';

interface Parts {
  readonly database: Database;
  readonly dispatch: Pick<Dispatcher, 'report' | 'progress' | 'appendLogs'>;
  readonly receiptDesk: Pick<ReceiptDesk, 'learnVouched'>;
  readonly rest: Pick<Rest, 'isBusyWith' | 'bring'>;
  readonly log: Logger;
}

/** What is in the hands of a node at the peer, in the contract's words. */
const STATES: Partial<Record<ToldRun['state'], RunState>> = {
  awaiting_site: RunState.AWAITING_SITE,
  preparing: RunState.PREPARING,
  predicting: RunState.PREDICTING,
  scoring: RunState.SCORING,
  reviewing: RunState.REVIEWING,
  reporting: RunState.REPORTING,
};

/** Another attempt may do better. */
const UNREADABLE = create(OutcomeSchema, {
  result: { case: 'failure', value: { code: FailureCode.NODE_INTERNAL } },
});

const WAITS = {
  approval: WaitReason.APPROVAL,
  review: WaitReason.REVIEW,
  window: WaitReason.WINDOW,
  rate: WaitReason.RATE,
} as const;

/** Takes what peers tell of runs of this hub, as if the stand-in of the site had reported it: fenced, with a receipt, once. */
export class Reports {
  readonly #parts: Parts;
  /** What was told last of each attempt; what a process does not remember it is told again. */
  readonly #seen = new Map<string, string>();
  /** Attempts of which this hub wants no more logs. */
  readonly #withoutLogs = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What to ask about it; null when there is nothing to ask for now. */
  questionOf(run: store.HandedRun): Held | null {
    if (run.isOver && this.#parts.rest.isBusyWith(run)) return null;
    const name = nameOf(run);
    return {
      run: run.run,
      attempt: run.attempt,
      seen: this.#seen.get(name) ?? '',
      isOver: run.isOver,
      logs: this.#withoutLogs.has(name) ? null : positionOf(run),
    };
  }

  /** @param held what the peer was asked about: of anything else it has nothing to say */
  async take(peerId: number, held: readonly store.HandedRun[], { runs, unknown }: Answer): Promise<void> {
    const { queries } = this.#parts.database;
    const known = new Map(held.map((run) => [nameOf(run), run]));
    const forgotten = unknown.flatMap((attempt) => known.get(nameOf(attempt)) ?? []);
    await store.update(
      queries,
      forgotten.filter(({ isOver }) => !isOver),
      { isOffered: false },
    );
    // It has nothing more to tell of what it does not know.
    const done: AttemptName[] = forgotten.filter(({ isOver }) => isOver);
    // What is taken side by side shares commits.
    await Promise.all(
      runs.map(async (told) => {
        const run = known.get(nameOf(told));
        if (run && (await this.#takeOne(peerId, run, told))) done.push(run);
      }),
    );
    await store.update(queries, done, { isGone: true, waiting: null });
    for (const run of done) this.#forget(run);
  }

  /** @returns whether nothing is left to take */
  async #takeOne(peerId: number, run: store.HandedRun, told: ToldRun): Promise<boolean> {
    const wantsMore = told.logs === null || (await keepLogs(this.#parts, run, told.logs));
    if (!wantsMore) this.#withoutLogs.add(nameOf(run));
    if (told.outcome !== null) await this.#end(run, told.outcome, told.nodeKey);
    else if (!run.isOver) await this.#move(run, told);
    const isOver = run.isOver || told.outcome !== null;
    if (told.rest !== null && isOver) {
      if (told.rest.outputs.length === 0) return true;
      this.#parts.rest.bring({ peerId, run, outputs: told.rest.outputs });
    }
    return false;
  }

  async #move(run: store.HandedRun, told: ToldRun): Promise<void> {
    const { dispatch, database } = this.#parts;
    const state = STATES[told.state];
    if (state !== undefined) {
      const { waitsFor, waitsUntil } = told;
      const progress = create(ProgressSchema, {
        attempt: refOf(run),
        state,
        waitsFor: waitsFor ? WAITS[waitsFor] : WaitReason.UNSPECIFIED,
        ...(waitsUntil && { waitsUntil: timestampFromDate(new Date(waitsUntil)) }),
      });
      await dispatch.progress(run.nodeId, [progress]);
    }
    const waiting = told.waiting && plainText(told.waiting);
    if (waiting !== run.waiting) await store.update(database.queries, [run], { waiting });
    this.#seen.set(nameOf(run), told.seen);
  }

  /** Whether it counts, the fencing token and the receipt decide. Either way it need not be told again. */
  async #end(run: store.HandedRun, encoded: string, nodeKey: string | null): Promise<void> {
    const { dispatch, receiptDesk, database, log } = this.#parts;
    const { nodeId, attempt } = run;
    const outcome = readOutcome(encoded) ?? UNREADABLE;
    if (outcome === UNREADABLE)
      log.error({ run: run.run, attempt }, 'a peer tells of an outcome that cannot be read');
    if (nodeKey !== null) await receiptDesk.learnVouched(nodeId, Buffer.from(nodeKey, 'base64'));
    // Whatever attempt it names: it was asked about this one.
    await dispatch.report(nodeId, [{ ...outcome, attempt: refOf(run) }]);
    await store.update(database.queries, [run], { isOver: true, waiting: null });
  }

  #forget(attempt: AttemptName): void {
    this.#seen.delete(nameOf(attempt));
    this.#withoutLogs.delete(nameOf(attempt));
  }
}

function readOutcome(encoded: string): Outcome | null {
  try {
    return fromBinary(OutcomeSchema, Buffer.from(encoded, 'base64'));
  } catch {
    return null;
  }
}

function refOf({ run, attempt }: AttemptName) {
  return create(AttemptRefSchema, { runId: BigInt(run), attempt });
}

/** A sentence of a peer. */
function plainText(text: string): string {
  return text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim();
}
