import { RE2JS } from 're2js';

/** A longer line is left out as a whole: cut in two, a pattern could slip through the cut. */
export const MOST_LINE_BYTES = 8 * 1024;

const LINE_TOO_LONG = '[line too long]';
const NO_TIME_LEFT = '[left out: the patterns take too long]';

/**
 * What the site's patterns may take of the node's time, for what one program prints on one stream. Patterns are linear in a line, but a line with
 * many matches is looked through as many times, and whoever writes the program chooses the lines.
 */
const MOST_SCRUB_MS = 2_000;
const NEWLINE = 0x0a;

/** Terminal commands: CSI, the strings (DCS, OSC, SOS, PM, APC) and the short ones, with ESC or as one C1 character. */
const ESCAPE_SEQUENCE = new RegExp(
  [
    String.raw`(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?`,
    String.raw`(?:\u001b[PX\]^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?`,
    String.raw`\u001b[ -/]*[0-~]?`,
  ].join('|'),
  'gu',
);

/** What is not to be seen, or changes how the rest is seen: control and format characters, private and unassigned ones, odd line ends. */
const UNSEEN = /[^\P{C}\t]|[\p{Zl}\p{Zp}]/gu;

export interface ScrubRule {
  readonly pattern: RE2JS;
  readonly replace: string;
}

/**
 * Takes out of a stream of text what must not leave: invalid UTF-8, control characters and escape sequences, then what the site's patterns
 * match. Works on whole lines, whatever the borders at which the bytes come, so that no pattern is cut in two. What it answers depends on
 * the bytes alone, not on how they were cut; unless the patterns take too long, and then the rest is left out.
 */
export class LineScrubber {
  readonly #rules: readonly ScrubRule[];
  readonly #mostMs: number;
  #spentMs = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;

  constructor(rules: readonly ScrubRule[], mostMs = MOST_SCRUB_MS) {
    this.#rules = rules;
    this.#mostMs = mostMs;
  }

  /** The scrubbed lines that these bytes bring to their end. */
  push(bytes: Uint8Array): Buffer {
    const lines: string[] = [];
    let rest = Buffer.from(bytes);
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      this.#keep(rest.subarray(0, end));
      lines.push(this.#takeLine());
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
    return Buffer.from(lines.join(''));
  }

  /** Nothing more comes: the last line, if it did not end. */
  end(): Buffer {
    return Buffer.from(this.#waitingBytes > 0 ? this.#takeLine() : '');
  }

  /** Keeps no more of a line than shows that it is too long. */
  #keep(part: Buffer): void {
    if (this.#waitingBytes <= MOST_LINE_BYTES && part.length > 0) {
      this.#waiting.push(part.subarray(0, MOST_LINE_BYTES + 1));
    }
    this.#waitingBytes += part.length;
  }

  #takeLine(): string {
    const isTooLong = this.#waitingBytes > MOST_LINE_BYTES;
    const line = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    return `${isTooLong ? LINE_TOO_LONG : this.#scrubbed(line)}\n`;
  }

  #scrubbed(line: Buffer): string {
    const plain = line.toString('utf8').replace(ESCAPE_SEQUENCE, '').replace(UNSEEN, '');
    if (this.#rules.length === 0) return plain;
    if (this.#spentMs >= this.#mostMs) return NO_TIME_LEFT;
    const begun = performance.now();
    const text = this.#rules.reduce(replaceAll, plain);
    this.#spentMs += performance.now() - begun;
    return text;
  }
}

function replaceAll(text: string, { pattern, replace }: ScrubRule): string {
  return pattern.matcher(text).replaceAll(RE2JS.quoteReplacement(replace));
}
