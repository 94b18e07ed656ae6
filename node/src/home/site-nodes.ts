import { readFileIfThere, writeAtomically } from './atomic-file.ts';

/**
 * How many nodes the site has, as the hub says with each connection. Kept on disk for the time before the next one, and for the command line. A hub
 * that says too many makes budgets smaller, one that says too few is outdone by what the policy says.
 */
export class SiteNodes {
  readonly #file: string;
  readonly #onFailure: (error: unknown) => void;
  #count: number;
  #written: Promise<void> = Promise.resolve();

  private constructor(file: string, count: number, onFailure: (error: unknown) => void) {
    this.#file = file;
    this.#count = count;
    this.#onFailure = onFailure;
  }

  static async open(file: string, onFailure: (error: unknown) => void): Promise<SiteNodes> {
    return new SiteNodes(file, await readSiteNodes(file), onFailure);
  }

  /** At least 1: this one. */
  get count(): number {
    return this.#count;
  }

  /** @param count 0: the hub does not say. */
  learn(count: number): void {
    if (count === 0 || count === this.#count) return;
    this.#count = count;
    this.#written = this.#written
      .then(() => writeAtomically(this.#file, `${JSON.stringify({ nodes: count })}\n`))
      .catch(this.#onFailure);
  }
}

/** As the hub has said last; 1 when it never has. */
export async function readSiteNodes(file: string): Promise<number> {
  const text = await readFileIfThere(file);
  const { nodes } = text === null ? { nodes: 1 } : JSON.parse(text);
  return Number.isInteger(nodes) && nodes > 0 ? nodes : 1;
}
