/**
 * The last part of one log stream, kept for the screen. The hub holds the whole; here memory is bounded, oldest lines
 * go first and whole lines only, so that what is shown never begins in the middle of one.
 */
export class LogTail {
  readonly #limit: number;
  #text = '';
  #dropped = false;

  /** `limit` is in characters. */
  constructor(limit = 256 * 1024) {
    this.#limit = limit;
  }

  get text(): string {
    return this.#text;
  }

  /** True when earlier lines are not shown any more. */
  get dropped(): boolean {
    return this.#dropped;
  }

  append(chunk: string): void {
    this.#text += chunk;
    if (this.#text.length <= this.#limit) return;
    const cut = this.#text.length - this.#limit;
    const lineEnd = this.#text.indexOf('\n', cut);
    this.#text = this.#text.slice(lineEnd === -1 ? cut : lineEnd + 1);
    this.#dropped = true;
  }
}
