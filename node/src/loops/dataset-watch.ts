import type { DatasetRegistry, SiteDataset } from '../data/registry.ts';
import type { Logger } from '../logging/logger.ts';

const CHECK_MS = 2_000;

/** Notices datasets that a steward registers while the node runs, so that the hub hears of them without a restart. */
export class DatasetWatch implements Disposable {
  readonly #registry: DatasetRegistry;
  readonly #onChange: () => void;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  #datasets: readonly SiteDataset[];

  private constructor(
    registry: DatasetRegistry,
    datasets: readonly SiteDataset[],
    onChange: () => void,
    logger: Logger,
  ) {
    this.#registry = registry;
    this.#datasets = datasets;
    this.#onChange = onChange;
    this.#logger = logger;
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
    this.#timer.unref();
  }

  static async start(registry: DatasetRegistry, onChange: () => void, logger: Logger): Promise<DatasetWatch> {
    return new DatasetWatch(registry, await registry.list(), onChange, logger);
  }

  get datasets(): readonly SiteDataset[] {
    return this.#datasets;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    this.#registry
      .list()
      .then((datasets) => {
        if (JSON.stringify(datasets) === JSON.stringify(this.#datasets)) return;
        this.#datasets = datasets;
        this.#logger.info({ datasets: datasets.length }, 'the registered datasets changed');
        this.#onChange();
      })
      .catch((error: unknown) => this.#logger.error({ err: error }, 'datasets.json cannot be read'));
  }
}
