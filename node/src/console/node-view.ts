import { randomUUID, X509Certificate } from 'node:crypto';
import { open, readFile, rm, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { NodeConfig } from '../config/config.ts';
import { SOFTWARE_VERSION } from '../config/version.ts';
import { checkDataset } from '../data/check.ts';
import { DatasetChangedError, DatasetMissingError, DatasetUnreadableError } from '../data/errors.ts';
import type { DatasetRegistry, SiteDataset } from '../data/registry.ts';
import type { ReservedBits } from '../egress/budgets.ts';
import { readFileIfThere } from '../home/atomic-file.ts';
import type { Home } from '../home/home.ts';
import { type Credentials, fingerprintOf, type Identity, readAuthority } from '../home/identity.ts';
import type { SiteNodes } from '../home/site-nodes.ts';
import { checkLedger } from '../ledger/check.ts';
import { exportLedger } from '../ledger/export.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Activity } from '../loops/activity.ts';
import { adviseOn } from '../policy/advice.ts';
import { parseCases, tryCase } from '../policy/cases.ts';
import { type Decision, decide, type HubFacts, type PolicyRequest } from '../policy/decide.ts';
import { PolicyUnreadableError, showProblem } from '../policy/errors.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { ReceiptKey } from '../receipts/key.ts';
import type { RunBoard } from './run-board.ts';
import type {
  ConsoleActions,
  ConsoleView,
  DatasetView,
  Overview,
  PolicyTestResult,
  PolicyView,
} from './view.ts';

/** The parts of a node that the console looks at. */
export interface NodeParts {
  readonly config: NodeConfig;
  readonly home: Home;
  readonly identity: Identity;
  readonly registry: DatasetRegistry;
  readonly ledger: Ledger;
  readonly activity: Activity;
  readonly board: RunBoard;
  readonly engine: { readonly kind: string; readonly version: string };
  /** Bytes on disk that runs may have together. */
  readonly room: number;
  /** Signs the ledger's head. */
  readonly receiptKey: ReceiptKey;
  readonly siteNodes: Pick<SiteNodes, 'count'>;
  credentials(): Credentials;
  reservedBits(): readonly ReservedBits[];
  isConnected(): boolean;
  load(): { readonly occupied: number; readonly unsettled: number };
  /** Ends the process once the runs at work are over. */
  stop(): void;
}

/** The console's window on a node. */
export class NodeView implements ConsoleView, ConsoleActions {
  readonly ledger: ConsoleView['ledger'];
  readonly #node: NodeParts;
  readonly #checks = new Map<string, NonNullable<DatasetView['lastCheck']>>();

  constructor(node: NodeParts) {
    const { ledger, home, receiptKey } = node;
    this.#node = node;
    this.ledger = {
      entries: (filter) => ledger.entries(filter),
      get head() {
        return ledger.head;
      },
      verify: async () => {
        const { problems } = await checkLedger(home.ledger, [receiptKey.publicKey]);
        return problems.map(({ text }) => text);
      },
    };
  }

  async overview(): Promise<Overview> {
    const { config, home, identity, activity, engine, room, credentials, isConnected, load } = this.#node;
    const { bavail, blocks, bsize } = await statfs(home.root);
    const { occupied, unsettled } = load();
    return {
      node: identity.name,
      site: identity.site,
      hub: identity.hub,
      hubUrl: identity.hubUrl,
      softwareVersion: SOFTWARE_VERSION,
      engine: [engine.kind, engine.version].filter(Boolean).join(' '),
      isConnected: isConnected(),
      activity: activity.state,
      slots: config.slots,
      occupied,
      unreported: unsettled,
      disk: {
        freeBytes: bavail * bsize,
        totalBytes: blocks * bsize,
        minFreeBytes: config.minFreeBytes,
        roomBytes: room,
      },
      certificateEndsAt: new Date(new X509Certificate(credentials().certificate).validTo),
    };
  }

  currentRuns() {
    return this.#node.board.list();
  }

  reservedBits() {
    return this.#node.reservedBits();
  }

  async datasets(): Promise<readonly DatasetView[]> {
    const datasets = await this.#node.registry.list();
    return datasets.map((dataset) => ({ ...dataset, lastCheck: this.#checks.get(placeOf(dataset)) ?? null }));
  }

  async policy(): Promise<PolicyView> {
    const path = this.#node.home.policy;
    const nodesOfSite = this.#node.siteNodes.count;
    const none = { path, digest: null, policy: null, problems: [], advice: [], nodesOfSite };
    const text = await readFileIfThere(path);
    if (text === null) return { ...none, text };
    try {
      const { policy, digest } = parsePolicy(path, text);
      return { ...none, text, digest, policy, advice: adviseOn(policy, nodesOfSite) };
    } catch (error) {
      if (!(error instanceof PolicyUnreadableError)) throw error;
      return { ...none, text, problems: error.problems };
    }
  }

  async decide(request: PolicyRequest): Promise<Decision> {
    const { policy } = await this.policy();
    const facts = { moment: 'assignment', now: new Date(), runsToday: 0, runsTodayOfSubmitter: 0 } as const;
    return decide(policy, request, { ...facts, ...(await this.#hub()), engine: this.#node.engine.kind });
  }

  async testPolicy(): Promise<readonly PolicyTestResult[] | null> {
    const path = join(dirname(this.#node.home.policy), 'policy.test.yaml');
    const text = await readFileIfThere(path);
    if (text === null) return null;
    const { policy } = await this.policy();
    try {
      const cases = parseCases(path, text);
      if (policy === null) return [{ name: 'the policy', passed: false, detail: 'it cannot be read' }];
      const files = await readAll(
        cases.flatMap(({ run }) => run.attestations),
        dirname(path),
      );
      const context = {
        hub: await this.#hub(),
        now: new Date(),
        readFile: (name: string) => files.get(name)!,
      };
      return cases.map((each) => {
        const { name, problem } = tryCase(policy, each, context);
        return { name, passed: problem === null, detail: problem ?? '' };
      });
    } catch (error) {
      if (!(error instanceof PolicyUnreadableError)) throw error;
      return error.problems.map((problem) => ({ name: path, passed: false, detail: showProblem(problem) }));
    }
  }

  pause(by: string): Promise<void> {
    return this.#node.activity.pause(by);
  }

  resume(by: string): Promise<void> {
    return this.#node.activity.resume(by);
  }

  async drain(by: string): Promise<void> {
    await this.#node.activity.drain(by);
    this.#node.stop();
  }

  async checkDataset(name: string, version: string): Promise<string | null> {
    const { registry } = this.#node;
    let problem: string | null = null;
    try {
      const dataset = await registry.get(name, version);
      await checkDataset(dataset, await registry.readManifest(dataset), { thorough: true });
    } catch (error) {
      if (!isDatasetProblem(error)) throw error;
      problem = error.message;
    }
    this.#checks.set(placeOf({ name, version }), { at: new Date(), problem });
    return problem;
  }

  async exportLedger(by: string): Promise<Readable> {
    const { ledger, home, receiptKey } = this.#node;
    const file = join(home.console, `export-${randomUUID()}`);
    try {
      const range = { from: 1, to: ledger.head.sequence };
      const exported = await exportLedger(home.ledger, file, range, receiptKey);
      await ledger.append({ kind: 'export', by, ...exported });
      return (await open(file)).createReadStream();
    } finally {
      // What is open stays readable.
      await rm(file, { force: true });
    }
  }

  async #hub(): Promise<HubFacts> {
    const { identity, home, siteNodes } = this.#node;
    const hubFingerprint = fingerprintOf(await readAuthority(home));
    return { hub: identity.hub, hubFingerprint, nodesOfSite: siteNodes.count };
  }
}

function isDatasetProblem(error: unknown): error is Error {
  return (
    error instanceof DatasetChangedError ||
    error instanceof DatasetMissingError ||
    error instanceof DatasetUnreadableError
  );
}

function placeOf({ name, version }: Pick<SiteDataset, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

async function readAll(names: readonly string[], folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(resolve(folder, name))] as const)),
  );
}
