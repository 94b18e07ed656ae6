const KEPT_BYTES = 500;

/**
 * What a container printed first. Apptainer ends with 255 and a line that begins with FATAL when it cannot start a container, before that could have
 * printed anything.
 */
export class FirstWords {
  #first: { readonly stream: 'stdout' | 'stderr'; readonly words: string } | null = null;

  hear(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    this.#first ??= { stream, words: Buffer.from(bytes.subarray(0, KEPT_BYTES)).toString('utf8') };
  }

  /** What Apptainer says it failed with, or null. */
  get complaint(): string | null {
    const { stream, words } = this.#first ?? { stream: 'stdout', words: '' };
    return stream === 'stderr' && words.startsWith('FATAL:') ? words.trim() : null;
  }
}
