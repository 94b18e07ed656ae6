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
import type { Answer, AttemptName, ToldRun } from './wire.ts';

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
  readonly #database: Database;
  readonly #dispatch: Pick<Dispatcher, 'report' | 'progress'>;
  readonly #receiptDesk: Pick<ReceiptDesk, 'learnVouched'>;
  readonly #log: Logger;
  /** What was told last of each attempt; what a process does not remember it is told again. */
  readonly #seen = new Map<string, string>();

  constructor(parts: {
    readonly database: Database;
    readonly dispatch: Pick<Dispatcher, 'report' | 'progress'>;
    readonly receiptDesk: Pick<ReceiptDesk, 'learnVouched'>;
    readonly log: Logger;
  }) {
    this.#database = parts.database;
    this.#dispatch = parts.dispatch;
    this.#receiptDesk = parts.receiptDesk;
    this.#log = parts.log;
  }

  seenOf(attempt: AttemptName): string {
    return this.#seen.get(nameOf(attempt)) ?? '';
  }

  /** @param held what the peer was asked about: of anything else it has nothing to say */
  async take(held: readonly store.HandedRun[], { runs, unknown }: Answer): Promise<void> {
    const known = new Map(held.map((run) => [nameOf(run), run]));
    for (const attempt of unknown) {
      const run = known.get(nameOf(attempt));
      if (run) await store.update(this.#database.queries, run, { isOffered: false });
    }
    for (const told of runs) {
      const run = known.get(nameOf(told));
      if (!run) continue;
      if (told.outcome === null) await this.#move(run, told);
      else await this.#end(run, told.outcome, told.nodeKey);
    }
  }

  async #move(run: store.HandedRun, told: ToldRun): Promise<void> {
    const state = STATES[told.state];
    if (state !== undefined) {
      const { waitsFor, waitsUntil } = told;
      const progress = create(ProgressSchema, {
        attempt: refOf(run),
        state,
        waitsFor: waitsFor ? WAITS[waitsFor] : WaitReason.UNSPECIFIED,
        ...(waitsUntil && { waitsUntil: timestampFromDate(new Date(waitsUntil)) }),
      });
      await this.#dispatch.progress(run.nodeId, [progress]);
    }
    const waiting = told.waiting && plainText(told.waiting);
    if (waiting !== run.waiting) await store.update(this.#database.queries, run, { waiting });
    this.#seen.set(nameOf(run), told.seen);
  }

  /** Whether it counts, the fencing token and the receipt decide. Either way it need not be told again. */
  async #end(run: store.HandedRun, encoded: string, nodeKey: string | null): Promise<void> {
    const { nodeId, attempt } = run;
    const outcome = readOutcome(encoded) ?? UNREADABLE;
    if (outcome === UNREADABLE)
      this.#log.error({ run: run.run, attempt }, 'a peer tells of an outcome that cannot be read');
    if (nodeKey !== null) await this.#receiptDesk.learnVouched(nodeId, Buffer.from(nodeKey, 'base64'));
    // Whatever attempt it names: it was asked about this one.
    await this.#dispatch.report(nodeId, [{ ...outcome, attempt: refOf(run) }]);
    await store.update(this.#database.queries, run, { isGone: true, waiting: null });
    this.#seen.delete(nameOf(run));
  }
}

function readOutcome(encoded: string): Outcome | null {
  try {
    return fromBinary(OutcomeSchema, Buffer.from(encoded, 'base64'));
  } catch {
    return null;
  }
}

const nameOf = ({ run, attempt }: AttemptName) => `${run}/${attempt}`;

function refOf({ run, attempt }: AttemptName) {
  return create(AttemptRefSchema, { runId: BigInt(run), attempt });
}

/** A sentence of a peer. */
function plainText(text: string): string {
  return text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim();
}
