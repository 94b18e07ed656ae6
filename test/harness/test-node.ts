import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../deploy/host/commands.ts';
import { TestProcess } from './test-process.ts';
import { waitFor } from './wait-for.ts';

const CLI = fileURLToPath(new URL('../../node/src/cli/main.ts', import.meta.url));

export type EngineName = 'scripted' | 'docker' | 'bubblewrap';

export interface TestNodeOptions {
  /** Folder in which it makes its home. */
  readonly folder: string;
  readonly name: string;
  readonly engine: EngineName;
  readonly slots?: number;
  /** Written to its home as policy.yaml; without, everything is permitted. */
  readonly policy?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A policy that keeps nothing out and, where no data of the site is involved, nothing in. */
export const PERMISSIVE = `version: 1
hubs: any
competitions: any
submitters: any
images: any
programs: any
resources: { memory: 64GiB, cpus: 64, step_seconds: 86400, disk: 256GiB, gpus: 64 }
datasets:
  ward@1: { competitions: any, submitters: any }
egress:
  hub_data: { logs: full, reports: yes, outputs: yes }
  rehearsal: { logs: full, reports: yes, outputs: yes }
  site_data:
    scores: { most: 100, decimals: any, min_cases: 0, require_range: false }
    logs: none
    review: { scores: never, logs: never }
    timing: { bucket: exact }
    budget: { per_submitter_bits: unlimited, per_dataset_bits: unlimited }
...
`;

/** A real node: the process `node/src/cli/main.ts run` in a home of its own, started by `run` once it is enrolled. */
export class TestNode implements AsyncDisposable {
  readonly name: string;
  readonly home: string;
  readonly process: TestProcess;
  readonly #env: Readonly<Record<string, string | undefined>>;

  private constructor(home: string, { folder, name, engine, slots = 2, env = {} }: TestNodeOptions) {
    this.name = name;
    this.home = home;
    this.#env = env;
    this.process = new TestProcess({
      title: `node ${name}`,
      script: CLI,
      args: ['run', '--home', home, '--engine', engine, '--slots', String(slots), '--drain-seconds', '10'],
      env: { WEIR_NODE_LOG_LEVEL: 'debug', WEIR_NODE_CACHE_GB: '1', ...env },
      log: join(folder, `node-${name}.log`),
    });
  }

  /** Makes the key, exchanges the token for a certificate, writes the policy. */
  static async enrol(options: TestNodeOptions, hubUrl: string, token: string): Promise<TestNode> {
    const home = await mkdtemp(join(options.folder, `node-${options.name}-`));
    const node = new TestNode(home, options);
    await node.#command('enrol', '--hub', hubUrl, '--token', token, '--name', options.name);
    await writeFile(join(home, 'policy.yaml'), options.policy ?? PERMISSIVE);
    return node;
  }

  /** Comes back as it was, under a new key. It must not run meanwhile. */
  async enrolAgain(token: string): Promise<void> {
    await this.#command('enrol', '--again', '--token', token);
  }

  /** Replaces the key that signs receipts. It must not run meanwhile. */
  async rotateReceiptKey(): Promise<void> {
    await this.#command('keys', 'rotate');
  }

  /** Throws when the ledger is not in order. */
  async verifyLedger(): Promise<void> {
    await this.#command('ledger', 'verify');
  }

  /** The id that the hub gave it. */
  async id(): Promise<string> {
    return (await this.#identity()).nodeId;
  }

  /** Sends its stream and calls elsewhere, such as through a proxy. */
  async dialAt(grpc: string): Promise<void> {
    const identity = await this.#identity();
    await writeFile(join(this.home, 'node.json'), JSON.stringify({ ...identity, grpc }));
  }

  /** Registers data of the site under ward@1: files by name for each part, and for what stands in for it in rehearsals. */
  async addDataset(parts: {
    input: Record<string, string>;
    reference: Record<string, string>;
    'synthetic-input'?: Record<string, string>;
    'synthetic-reference'?: Record<string, string>;
  }): Promise<void> {
    const flags: string[] = [];
    for (const [part, files] of Object.entries(parts)) {
      const folder = await mkdtemp(join(this.home, '..', `data-${this.name}-${part}-`));
      // Programs in containers run under a user of their own.
      await chmod(folder, 0o755);
      for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
      flags.push(`--${part}`, folder);
    }
    await this.#command('dataset', 'add', 'ward', '--version', '1', ...flags);
  }

  /** A fresh address at which the steward enters its console, once. */
  async consoleAddress(): Promise<string> {
    return (await this.#command('console', 'address')).trim();
  }

  /** Starts it and waits until the hub has welcomed it. */
  async run(): Promise<void> {
    const before = this.timesWelcomed;
    this.process.start();
    const look = () => (this.process.isRunning ? this.timesWelcomed : 'ended');
    await waitFor(`node ${this.name} to be welcomed`, look, (times) => times === 'ended' || times > before);
    this.process.assertRunning();
  }

  /** How often a hub has welcomed it, over all its lives. */
  get timesWelcomed(): number {
    return this.process.log().split('"msg":"connected to the hub"').length - 1;
  }

  async kill(): Promise<void> {
    await this.process.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.process.isRunning) return;
    // It may be frozen, or in the middle of runs that nobody waits for any more.
    this.process.thaw();
    await this.process.kill();
  }

  async #identity(): Promise<{ nodeId: string }> {
    return JSON.parse(await readFile(join(this.home, 'node.json'), 'utf8'));
  }

  async #command(...args: string[]): Promise<string> {
    const env = { ...process.env, ...this.#env };
    return await runCommand(process.execPath, [CLI, ...args, '--home', this.home], { timeout: 60_000, env });
  }
}
