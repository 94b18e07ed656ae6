import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SITE_DATASET, SiteData } from '../demo/build.ts';
import { runCommand } from '../host/commands.ts';
import type { ChildSpec } from './child.ts';
import type { EngineChoice } from './engine-choice.ts';
import type { Hub } from './hub.ts';

export interface SiteNodeOptions {
  /** Name of the site, also that of the folder of its node. */
  site: string;
  title: string;
  servesDefaultQueue: boolean;
  /** Name of the policy it starts out with; from then on the file in its folder counts. */
  policy: 'local' | 'site';
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
      args: ['run', '--home', this.#home, '--engine', engine.kind, '--slots', String(options.slots)],
      env: engine.kind === 'bubblewrap' ? {} : { DOCKER_HOST: engine.host },
      log: join(options.home, 'logs', `node-${options.site}.log`),
    };
  }

  /** Writes the policy and enrols the node, when that has not happened yet. */
  async enrol(hub: Hub): Promise<void> {
    const { site, title, servesDefaultQueue } = this.#options;
    await mkdir(this.#home, { recursive: true });
    const policy = join(this.#home, 'policy.yaml');
    if (!existsSync(policy)) {
      await copyFile(join(import.meta.dirname, 'policies', `${this.#options.policy}.yaml`), policy);
    }
    // Written last by the enrolment.
    if (existsSync(join(this.#home, 'node.json'))) return;
    const token = await hub.enrolmentToken(site, title, servesDefaultQueue);
    await this.#command(['enrol', '--hub', hub.origin, '--token', token, '--name', `${site}-1`]);
  }

  /** Permits one competition to have the site's own data evaluated, where the policy permits none yet. It counts from the next decision on. */
  async permit(competitionId: number): Promise<void> {
    const path = join(this.#home, 'policy.yaml');
    const policy = await readFile(path, 'utf8');
    await writeFile(path, policy.replace('competitions: []', `competitions: [${competitionId}]`));
  }

  /** Registers a dataset under a name and version; the same data again changes nothing. */
  async addDataset(
    { name, version }: typeof SITE_DATASET,
    { input, reference, counts }: SiteData,
  ): Promise<void> {
    const folders = ['--input', input, '--reference', reference];
    const published = ['--counts', `patients=${counts.patients}`];
    await this.#command(['dataset', 'add', name, '--version', version, ...folders, ...published]);
  }

  async #command(args: string[]): Promise<void> {
    await runCommand(process.execPath, [this.#commands, ...args, '--home', this.#home], { timeout: 120_000 });
  }
}
