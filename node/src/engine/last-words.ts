import type { ContainerWatch } from './engine.ts';

const KEPT_BYTES = 500;

/** Keeps the end of what a container prints on stderr, where programs around it say why they could not start it. */
export class LastWords {
  #bytes: Uint8Array = new Uint8Array();

  /** The same watch, overheard. */
  listenTo(watch: ContainerWatch): ContainerWatch {
    return {
      signal: watch.signal,
      onStarted: (since) => watch.onStarted?.(since),
      onOutput: (stream, bytes) => {
        if (stream === 'stderr') this.hear(bytes);
        watch.onOutput(stream, bytes);
      },
    };
  }

  hear(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(-KEPT_BYTES)]).subarray(-KEPT_BYTES);
  }

  get words(): string {
    return Buffer.from(this.#bytes).toString('utf8').trim();
  }
}
