import type { ReservedBits } from '../egress/budgets.ts';
import { siteDataEgress } from '../policy/egress-rules.ts';
import type { Policy } from '../policy/schema.ts';
import type { ConsoleView, EventOf, PolicyView } from './view.ts';

/** What was told about a dataset, and how much may be. */
export interface BudgetLine {
  readonly dataset: string;
  /** Whether the policy in force names the dataset; without that nothing more is told about it. */
  readonly isNamed: boolean;
  readonly drawnBits: number;
  /** Put aside for runs that are under way: charged at their end, or given back. */
  readonly reservedBits: number;
  /** Null: no limit. */
  readonly allowedBits: number | null;
  readonly submitters: readonly {
    readonly submitter: string;
    /** As the hub said last; null when the ledger does not know. */
    readonly name: string | null;
    readonly drawnBits: number;
    readonly reservedBits: number;
    readonly allowedBits: number | null;
    readonly runs: readonly { readonly run: string; readonly bits: number }[];
  }[];
}

type Release = Pick<EventOf<'release'>, 'run' | 'submitter' | 'bits'>;

/** Adds up the releases of a ledger by dataset (all versions together, as budgets do), reading each entry once in its life. */
export class ReleaseSums {
  readonly #ledger: ConsoleView['ledger'];
  readonly #byDataset = new Map<string, Release[]>();
  readonly #names = new Map<string, string>();
  #read = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(ledger: ConsoleView['ledger']) {
    this.#ledger = ledger;
  }

  async bitsByDataset(): Promise<ReadonlyMap<string, number>> {
    await this.#catchUp();
    return new Map([...this.#byDataset].map(([dataset, releases]) => [dataset, sum(releases)]));
  }

  async lines(
    { policy, nodesOfSite }: Pick<PolicyView, 'policy' | 'nodesOfSite'>,
    reserved: readonly ReservedBits[],
  ): Promise<readonly BudgetLine[]> {
    await this.#catchUp();
    const datasets = new Set([...this.#byDataset.keys(), ...reserved.map(({ dataset }) => dataset)]);
    return [...datasets].map((dataset) => {
      const limits = policy ? limitsOf(policy, dataset, nodesOfSite) : null;
      const releases = this.#byDataset.get(dataset) ?? [];
      const waiting = reserved.filter((each) => each.dataset === dataset);
      const released = Map.groupBy(releases, ({ submitter }) => submitter);
      const names = new Set([...released.keys(), ...waiting.map(({ submitter }) => submitter)]);
      const submitters = [...names].map((submitter) => {
        const own = released.get(submitter) ?? [];
        return {
          submitter,
          name: this.#names.get(submitter) ?? null,
          drawnBits: sum(own),
          reservedBits: sum(waiting.filter((each) => each.submitter === submitter)),
          allowedBits: limits?.perSubmitterBits ?? null,
          runs: [...Map.groupBy(own, ({ run }) => run)].map(([run, each]) => ({ run, bits: sum(each) })),
        };
      });
      return {
        dataset,
        isNamed: limits?.isNamed ?? false,
        drawnBits: sum(releases),
        reservedBits: sum(waiting),
        allowedBits: limits?.perDatasetBits ?? null,
        submitters,
      };
    });
  }

  #catchUp(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readOn());
    return this.#reading;
  }

  async #readOn(): Promise<void> {
    const to = this.#ledger.head.sequence;
    const filter = { from: this.#read + 1, to, kinds: ['assignment', 'release'] } as const;
    for await (const { event } of this.#ledger.entries(filter)) {
      if (event.kind === 'assignment') this.#names.set(event.submitter, event.submitterName);
      if (event.kind !== 'release' || event.dataset === null) continue;
      for (const dataset of new Set(event.dataset.split(',').map(nameOf))) {
        const releases = this.#byDataset.get(dataset) ?? [];
        releases.push({ run: event.run, submitter: event.submitter, bits: event.bits });
        this.#byDataset.set(dataset, releases);
      }
    }
    this.#read = to;
  }
}

/** The strictest limits of all the policy's rules for versions of the dataset. */
function limitsOf(policy: Policy, dataset: string, nodesOfSite: number) {
  const limits = Object.entries(policy.datasets)
    .filter(([place]) => nameOf(place) === dataset)
    .map(([, rule]) => siteDataEgress(policy, rule, nodesOfSite).budget);
  return {
    isNamed: limits.length > 0,
    perSubmitterBits: least(limits.map((each) => each.perSubmitterBits)),
    perDatasetBits: least(limits.map((each) => each.perDatasetBits)),
  };
}

function least(values: readonly (number | null)[]): number | null {
  const limits = values.filter((value) => value !== null);
  return limits.length === 0 ? null : Math.min(...limits);
}

function nameOf(dataset: string): string {
  return dataset.split('@')[0] ?? dataset;
}

function sum(releases: readonly { readonly bits: number }[]): number {
  return releases.reduce((total, { bits }) => total + bits, 0);
}
