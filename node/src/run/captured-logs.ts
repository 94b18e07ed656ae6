import { create } from '@bufbuild/protobuf';
import { type Assignment, type AttemptRef, AttemptRefSchema, LogStream } from '@weir/proto/node/v1';
import { SENTENCES, type StepSentence } from '../egress/codes.ts';
import { lower, permittedLogs } from '../egress/log-level.ts';
import type { Logger } from '../logging/logger.ts';
import { HeldLogs, NO_TEXTS, STEPS, STREAM_OF, type Step, type StepTexts } from '../logs/held-logs.ts';
import type { LogSender } from '../logs/log-sender.ts';
import { MAX_RUN_LOG_BYTES, RunLogs } from '../logs/run-logs.ts';
import { LineScrubber } from '../logs/scrub.ts';
import type { Permission } from '../policy/decide.ts';
import type { EgressRules } from '../policy/egress-rules.ts';

export interface CaptureOptions {
  readonly path: string;
  readonly sender: LogSender;
  readonly logger: Logger;
}

/** How long the hub may take for the texts of a run that is over, before its outcome goes out without them. */
const DELIVERY_MS = 5_000;

/**
 * What the containers of an attempt print, by the class that hub and policy agree to.
 *
 *              without data of the site     next to it
 *   none       dropped unread               dropped unread
 *   codes      a sentence for each step     a sentence for each step, held
 *   scrubbed   scrubbed, sent live          scrubbed, held
 *   full       sent live                    never
 *
 * What is held leaves with the outcome and not before, as `texts`, through the egress gate.
 */
export class CapturedLogs {
  readonly #attempt: AttemptRef;
  readonly #options: CaptureOptions;
  readonly #siteData: boolean;
  readonly #scrub: EgressRules['scrub'];
  readonly #scrubbers = new Map<LogStream, LineScrubber>();
  readonly #held: HeldLogs;
  readonly #sentences: Record<Step, StepSentence> = { prediction: 'not-reached', scoring: 'not-reached' };
  #class: EgressRules['logs'];
  #live: RunLogs | null = null;

  private constructor(assignment: Assignment, permission: Permission, options: CaptureOptions) {
    const { runId, attempt } = assignment;
    this.#attempt = create(AttemptRefSchema, { runId, attempt });
    this.#options = options;
    this.#siteData = permission.siteData;
    this.#scrub = permission.egress.scrub;
    this.#class = permittedLogs(assignment, permission);
    this.#held = new HeldLogs({ rules: permission.egress.scrub, maxBytes: permission.egress.logBytes });
  }

  static async open(
    assignment: Assignment,
    permission: Permission,
    options: CaptureOptions,
  ): Promise<CapturedLogs> {
    const logs = new CapturedLogs(assignment, permission, options);
    if (logs.#class !== 'none' && !logs.#siteData) await logs.#openLive(permission.egress.logBytes);
    return logs;
  }

  write(stream: LogStream, bytes: Uint8Array): void {
    if (this.#class === 'none' || this.#class === 'codes') return;
    if (this.#siteData) this.#held.write(stream, bytes);
    else this.#live?.write(stream, this.#class === 'full' ? bytes : this.#scrubberOf(stream).push(bytes));
  }

  /** Nothing more comes of this step. Answers with what is held of it, to be kept over a restart. */
  endStep(step: Step, sentence: StepSentence): string {
    this.#sentences[step] = sentence;
    for (const [stream, scrubber] of this.#scrubbers) {
      if (stream >= LogStream.SCORING_STDOUT === (step === 'scoring')) {
        this.#live?.write(stream, scrubber.end());
      }
    }
    if (this.#class === 'codes') this.#live?.write(STREAM_OF[step], Buffer.from(`${SENTENCES[sentence]}\n`));
    return this.#held.end(step);
  }

  /** What an earlier life of the process kept of a step. */
  restoreStep(step: Step, sentence: StepSentence, text: string): void {
    this.#sentences[step] = sentence;
    this.#held.restore(step, text);
  }

  /** What would leave with the outcome. */
  texts(): StepTexts {
    if (!this.#siteData) return NO_TEXTS;
    switch (this.#class) {
      case 'codes':
        return {
          prediction: `${SENTENCES[this.#sentences.prediction]}\n`,
          scoring: `${SENTENCES[this.#sentences.scoring]}\n`,
        };
      case 'scrubbed':
        return { prediction: this.#held.end('prediction'), scoring: this.#held.end('scoring') };
      case 'none':
      case 'full':
        return NO_TEXTS;
      default:
        return this.#class satisfies never;
    }
  }

  /** The policy was asked again: what it no longer permits is neither captured nor sent from now on. */
  restrict(assignment: Assignment, permission: Permission): void {
    this.#class = lower(this.#class, permittedLogs(assignment, permission));
    if (this.#class === 'none') this.#live?.close();
  }

  /** Sends what was held, now that it was released. Waits a moment for the hub: it takes no logs of attempts that are over. */
  async deliver(texts: StepTexts, signal: AbortSignal): Promise<void> {
    const written = STEPS.filter((step) => texts[step] !== '');
    if (written.length === 0) return;
    const live = await this.#openLive(MAX_RUN_LOG_BYTES);
    for (const step of written) live.write(STREAM_OF[step], Buffer.from(texts[step]));
    this.#options.sender.end(live);
    await live.acknowledged(AbortSignal.any([signal, AbortSignal.timeout(DELIVERY_MS)]));
  }

  /** Nothing more comes. What is left is sent from memory, so that the attempt's folder can go. Answers with its digest, null for nothing. */
  async end(): Promise<string | null> {
    const live = this.#live;
    if (!live) return null;
    this.#options.sender.end(live);
    await live.written();
    return live.digest;
  }

  async #openLive(maxBytes: number): Promise<RunLogs> {
    const { path, logger, sender } = this.#options;
    this.#live ??= await RunLogs.open(this.#attempt, path, logger, maxBytes);
    sender.follow(this.#live);
    return this.#live;
  }

  #scrubberOf(stream: LogStream): LineScrubber {
    let scrubber = this.#scrubbers.get(stream);
    if (!scrubber) {
      scrubber = new LineScrubber(this.#scrub);
      this.#scrubbers.set(stream, scrubber);
    }
    return scrubber;
  }
}
