import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SiteData } from '../demo/build.ts';
import { runCommand } from '../host/commands.ts';
import type { ChildSpec } from './child.ts';
import type { EngineChoice } from './engine-choice.ts';
import type { Hub } from './hub.ts';
import { waitFor } from './waiting.ts';

export interface SiteNodeOptions {
  /** Name of the site, also that of the folder of its node. */
  site: string;
  title: string;
  servesDefaultQueue: boolean;
  /** Whether the hub may show scores of this site as its own. */
  sharesScores: boolean;
  /** Name of the policy it starts out with; from then on the file in its folder counts. */
  policy: 'local' | 'north' | 'south';
  /** Port of its console; another one when it is taken. */
  consolePort: number;
  /** Folder of the project, and that of everything kept. */
  project: string;
  home: string;
  engine: EngineChoice;
  slots: number;
}

/** A node at a site: enrolled once, then started again and again from its folder. */
export class SiteNode {
  readonly process: ChildSpec;
  readonly #options: SiteNodeOptions;
  readonly #home: string;
  readonly #commands: string;

  constructor(options: SiteNodeOptions) {
    this.#options = options;
    this.#home = join(options.home, 'nodes', options.site);
    this.#commands = join(options.project, 'node', 'src', 'cli', 'main.ts');
    const { engine } = options;
    this.process = {
      title: `node ${options.site}`,
      script: this.#commands,
      args: [
        'run',
        ...['--home', this.#home],
        ...['--engine', engine.kind],
        ...['--slots', String(options.slots)],
        ...['--console', String(options.consolePort)],
      ],
      env: engine.kind === 'bubblewrap' ? {} : { DOCKER_HOST: engine.host },
      log: join(options.home, 'logs', `node-${options.site}.log`),
    };
  }

  /** For people: who this node works for. */
  get title(): string {
    return this.#options.title;
  }

  /** Writes the policy and enrols the node, when that has not happened yet. */
  async enrol(hub: Hub): Promise<void> {
    const { site, policy } = this.#options;
    await mkdir(this.#home, { recursive: true });
    for (const ending of ['yaml', 'test.yaml']) {
      const [template, file] = [
        join(import.meta.dirname, 'policies', `${policy}.${ending}`),
        join(this.#home, `policy.${ending}`),
      ];
      if (existsSync(template) && !existsSync(file)) await copyFile(template, file);
    }
    // Written last by the enrolment.
    if (existsSync(join(this.#home, 'node.json'))) return;
    const token = await hub.enrolmentToken(this.#options);
    await this.#command(['enrol', '--hub', hub.origin, '--token', token, '--name', `${site}-1`]);
  }

  /**
   * Enters the competition's id where the policy has an empty list with the competition's title beside it: `competitions: []  # TITLE`. It counts
   * from the next decision on.
   */
  async permit(title: string, competitionId: number): Promise<void> {
    const path = join(this.#home, 'policy.yaml');
    const policy = await readFile(path, 'utf8');
    const permitted = policy.replace(
      `competitions: []  # ${title}`,
      `competitions: [${competitionId}]  # ${title}`,
    );
    if (permitted !== policy) await writeFile(path, permitted);
  }

  /** Registers a dataset; the same data again changes nothing. */
  async addDataset({ name, version, input, reference, counts, synthetic }: SiteData): Promise<void> {
    await this.#command([
      ...['dataset', 'add', name, '--version', version],
      ...['--input', input, '--reference', reference],
      ...['--synthetic-input', synthetic.input, '--synthetic-reference', synthetic.reference],
      ...['--counts', `patients=${counts.patients}`],
    ]);
  }

  /** Lets the steward into the console of the running node, once. */
  async consoleAddress(): Promise<string> {
    return (await this.#command(['console', 'address'])).trim();
  }

  async #command(args: string[]): Promise<string> {
    return runCommand(process.execPath, [this.#commands, ...args, '--home', this.#home], {
      timeout: 120_000,
    });
  }
}

/** A node opens its console after it has dialled the hub. */
export function consoleAddresses(
  nodes: readonly SiteNode[],
  signal: AbortSignal,
): Promise<{ title: string; address: string }[]> {
  return Promise.all(
    nodes.map(async (node) => ({
      title: node.title,
      address: await waitFor(
        { until: `the console of ${node.title}`, timeout: 30_000, signal },
        node.consoleAddress.bind(node),
      ),
    })),
  );
}
