import { LogStream } from '@weir/proto/node/v1';
import { LineScrubber, type ScrubRule } from './scrub.ts';

export const STEPS = ['prediction', 'scoring'] as const;
export type Step = (typeof STEPS)[number];

/** What a step leaves to read: for each step one text, valid UTF-8, empty for none. */
export type StepTexts = Readonly<Record<Step, string>>;

export const NO_TEXTS: StepTexts = { prediction: '', scoring: '' };

/** Where the text of a step goes: what its containers print is told apart no further next to data of the site, since that would cost more bits. */
export const STREAM_OF: Readonly<Record<Step, LogStream>> = {
  prediction: LogStream.PREDICTION_STDOUT,
  scoring: LogStream.SCORING_STDOUT,
};

const LEFT_OUT = '[the rest was left out]\n';

export interface HeldLogsOptions {
  readonly rules: readonly ScrubRule[];
  /** For both steps together; each has half of it. */
  readonly maxBytes: number;
}

/**
 * What containers print next to data of the site: scrubbed as it comes, line by line, and held until the run is over. Nothing of it may be
 * seen at the moment at which it was printed, since moments tell something too.
 */
export class HeldLogs {
  readonly #rules: readonly ScrubRule[];
  readonly #room: number;
  readonly #scrubbers = new Map<LogStream, LineScrubber>();
  readonly #texts: Record<Step, { parts: Buffer[]; bytes: number; full: boolean }> = {
    prediction: { parts: [], bytes: 0, full: false },
    scoring: { parts: [], bytes: 0, full: false },
  };

  constructor({ rules, maxBytes }: HeldLogsOptions) {
    this.#rules = rules;
    this.#room = stepRoom(maxBytes) - LEFT_OUT.length;
  }

  write(stream: LogStream, bytes: Uint8Array): void {
    // What finds no room is not worth the time that scrubbing takes.
    if (this.#texts[stepOf(stream)].full) return;
    let scrubber = this.#scrubbers.get(stream);
    if (!scrubber) {
      scrubber = new LineScrubber(this.#rules);
      this.#scrubbers.set(stream, scrubber);
    }
    this.#take(stepOf(stream), scrubber.push(bytes));
  }

  /** What an earlier life of the process has kept of a step that is over. */
  restore(step: Step, text: string): void {
    const bytes = Buffer.from(text);
    this.#texts[step] = { parts: [bytes], bytes: bytes.length, full: true };
  }

  /** Nothing more comes of this step. */
  end(step: Step): string {
    for (const [stream, scrubber] of this.#scrubbers) {
      if (stepOf(stream) === step) this.#take(step, scrubber.end());
    }
    return Buffer.concat(this.#texts[step].parts).toString('utf8');
  }

  /** Takes whole lines while they fit. */
  #take(step: Step, lines: Buffer): void {
    const text = this.#texts[step];
    if (text.full || lines.length === 0) return;
    const left = this.#room - text.bytes;
    const fitting = lines.length <= left ? lines : lines.subarray(0, endOfLines(lines, left));
    text.parts.push(fitting);
    text.bytes += fitting.length;
    if (fitting.length === lines.length) return;
    text.full = true;
    if (this.#room > 0) text.parts.push(Buffer.from(LEFT_OUT));
  }
}

/** Where the last line ends that is over within `length` bytes. */
function endOfLines(lines: Buffer, length: number): number {
  // A negative offset would count from the end.
  return length <= 0 ? 0 : lines.lastIndexOf('\n', length - 1) + 1;
}

/** How many bytes the text of one step may have. */
export function stepRoom(maxBytes: number): number {
  return Math.floor(maxBytes / 2);
}

function stepOf(stream: LogStream): Step {
  return stream >= LogStream.SCORING_STDOUT ? 'scoring' : 'prediction';
}
