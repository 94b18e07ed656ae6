import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type Artifact,
  type Assignment,
  type AssignmentSchema,
  LogLevel,
  type Outcome,
  RunState,
} from '@weir/proto/node/v1';
import type { NodeConfig } from '../../config/config.ts';
import { DatasetRegistry } from '../../data/registry.ts';
import { homeAt } from '../../home/home.ts';
import { type RunningNode, startNode } from '../../index.ts';
import type { LedgerEvent } from '../../ledger/events.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { Backoff } from '../../link/backoff.ts';
import { FakeHub } from '../../link/testing/fake-hub.ts';
import { createLogger } from '../../logging/logger.ts';
import type { PeopleDesk } from '../../people/desk.ts';
import { ArtifactServer } from '../../testing/artifact-server.ts';
import { enrolHome, testConfig } from '../../testing/enrolled-home.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { waitFor } from '../../testing/wait.ts';
import { createExecutor, type ExecutorContext } from '../create-executor.ts';

/** Permits everything; what leaves next to data of the site needs neither people nor time. */
export const OPEN_POLICY = {
  version: 1,
  hubs: 'any',
  competitions: 'any',
  submitters: 'any',
  images: 'any',
  programs: 'any',
  resources: { memory: '4GB', cpus: 4, step_seconds: 600, disk: '10GB' },
  datasets: { sepsis: { competitions: 'any' } },
};

export const SITE_RULES = {
  scores: { min_cases: 10 },
  review: { scores: 'never', logs: 'never' },
  timing: { bucket: 'exact' },
};

export type AssignmentInit = Exclude<MessageInitShape<typeof AssignmentSchema>, Assignment>;

/** A site of tests with a hub of tests: real containers or scripted ones, data of its own, and a steward at hand. */
export class TestSite implements AsyncDisposable {
  readonly hub: FakeHub;
  readonly web: ArtifactServer;
  readonly home: string;
  readonly #config: NodeConfig;
  readonly #stack: AsyncDisposableStack;
  #node: RunningNode | null = null;
  #people: PeopleDesk | null = null;
  #made: Record<'submission' | 'scoringProgram', Artifact> | null = null;

  private constructor(
    parts: { hub: FakeHub; web: ArtifactServer; home: string; config: NodeConfig },
    stack: AsyncDisposableStack,
  ) {
    this.hub = parts.hub;
    this.web = parts.web;
    this.home = parts.home;
    this.#config = parts.config;
    this.#stack = stack;
  }

  static async open(siteRules: object = SITE_RULES, config: Partial<NodeConfig> = {}): Promise<TestSite> {
    await using owned = new AsyncDisposableStack();
    const hub = owned.use(await FakeHub.start());
    const web = owned.use(await ArtifactServer.start());
    const home = owned.use(await temporaryFolder()).path;
    await enrolHome(home, hub, { hubUrl: web.origin });
    const parts = { hub, web, home, config: testConfig(home, { executor: 'container', ...config }) };
    const site = new TestSite(parts, owned.move());
    await site.permit({ egress: { site_data: siteRules } });
    await site.register('1', 'patient 123456');
    return site;
  }

  get people(): PeopleDesk {
    if (!this.#people) throw new Error('the node has not been started');
    return this.#people;
  }

  get node(): RunningNode {
    if (!this.#node) throw new Error('the node has not been started');
    return this.#node;
  }

  /** Puts another policy in force: the open one with these changes. */
  async permit(changes: object): Promise<void> {
    // JSON is YAML.
    await writeFile(join(this.home, 'policy.yaml'), JSON.stringify({ ...OPEN_POLICY, ...changes }));
  }

  /** @param wrap changes what the runs work with, to have it fail. */
  async start(wrap: (context: ExecutorContext) => ExecutorContext = (context) => context): Promise<void> {
    this.#node = await startNode(this.#config, {
      backoff: new Backoff({ firstMs: 10, maxMs: 50 }),
      executor: (context) => {
        this.#people = context.people;
        return createExecutor(wrap(context));
      },
    });
  }

  /** Stops the node as it stands. */
  async stop(): Promise<void> {
    await this.#node?.[Symbol.asyncDispose]();
    this.#node = null;
  }

  /** A run on data of the site, scored by `image`. */
  async assignment(image: string, changes: AssignmentInit = {}): Promise<AssignmentInit> {
    return {
      runId: 1n,
      attempt: 1,
      competitionId: 7n,
      phaseId: 3n,
      submissionId: 5n,
      submitterId: 11n,
      submitter: 'ada',
      image,
      limits: { stepSeconds: 5, memoryBytes: 1n << 30n, cpuMillis: 1000, pids: 64, diskBytes: 1n << 28n },
      ...(await this.#artifacts()),
      scoreColumns: [{ key: 'auc', min: 0, max: 1, decimals: 3 }],
      siteData: { name: 'sepsis', version: '1', input: true, reference: true },
      logLevel: LogLevel.FULL,
      ...changes,
    };
  }

  /** The same bytes each time: an archive has the time at which it was made in it. */
  async #artifacts() {
    this.#made ??= {
      submission: await this.web.addZip({ 'metadata.yaml': 'command: python predict.py' }),
      scoringProgram: await this.web.addZip({ 'metadata.yaml': 'command: python score.py' }),
    };
    return this.#made;
  }

  /** The outcome of a run, once the hub has it. */
  async outcome(runId = 1n): Promise<Outcome> {
    const find = () => this.hub.outcomes.find(({ attempt }) => attempt?.runId === runId);
    await waitFor(`the outcome of run ${runId}`, find);
    return find()!;
  }

  /** Which states of a run the hub was told of. */
  states(runId = 1n): RunState[] {
    return this.hub.progress.filter((each) => each.runId === runId).map(({ state }) => state);
  }

  /** What the ledger says of a run. Only once the node is stopped: one process at a time has it. */
  async ledger(runId = 1n): Promise<LedgerEvent[]> {
    await using ledger = await Ledger.open(homeAt(this.home).ledger, createLogger('silent'));
    const events: LedgerEvent[] = [];
    for await (const { event } of ledger.entries({ run: String(runId) })) events.push(event);
    return events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#stack.disposeAsync();
  }

  /** Registers sepsis@VERSION, with `secret` in its input and its reference, and something harmless to rehearse on. */
  async register(version: string, secret: string): Promise<void> {
    const folder = async (name: string, content: string) => {
      const path = join(this.home, 'data', version, name);
      await mkdir(path, { recursive: true });
      await writeFile(join(path, 'data.txt'), content);
      return path;
    };
    await new DatasetRegistry(homeAt(this.home)).add({
      name: 'sepsis',
      version,
      input: await folder('input', secret),
      reference: await folder('reference', secret),
      counts: { cases: 40 },
      synthetic: {
        input: await folder('synthetic-input', 'nobody'),
        reference: await folder('synthetic-reference', 'nobody'),
      },
    });
  }
}

/** What ran, as far as the hub was told. */
export function ran(states: readonly RunState[]): boolean {
  return states.some((state) => state === RunState.PREDICTING || state === RunState.SCORING);
}
