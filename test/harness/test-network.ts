import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../deploy/start/ports.ts';
import { Person } from './person.ts';
import { startPortal } from './portal.ts';
import { ProcessMark } from './process-mark.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { TestHub, type TestHubOptions } from './test-hub.ts';
import { type EngineName, TestNode } from './test-node.ts';

export interface NodeOptions {
  /** Made at the hub when there is none of this name. */
  readonly site: string;
  readonly engine?: EngineName;
  readonly slots?: number;
  readonly policy?: string;
  /** Registered as ward@1 before it runs. */
  readonly dataset?: Parameters<TestNode['addDataset']>[0];
  /** Whether scores of the site may be shown as its own; they are not unless this says so. */
  readonly sharesScores?: boolean;
  /** Whether it serves the hub's default queue; true unless it holds a dataset. */
  readonly servesDefaultQueue?: boolean;
  /** Whether it is run at once; true by default. */
  readonly run?: boolean;
  /** Of its process, besides what all have. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface NetworkOptions extends Omit<TestHubOptions, 'folder'> {
  /** Whether the hub shows the built portal; false by default. */
  readonly portal?: boolean;
}

/** A node behind two wires that can be cut: its gRPC connection, and its HTTP (enrolment, artifacts, outputs). */
export interface WiredNode extends TestNode {
  readonly stream: TcpProxy;
  readonly web: TcpProxy;
}

/** A competition with one phase, as far as tests need it. */
export interface Challenge {
  readonly id: number;
  readonly phaseId: number;
  readonly taskIds: number[];
}

/** A hub, its nodes, and people, all real and all gone at the end. Disposing fails when a process is left behind. */
export class TestNetwork implements AsyncDisposable {
  readonly hub: TestHub;
  readonly administrator: Person;
  readonly organizer: Person;
  readonly #folder: string;
  readonly #mark: ProcessMark;
  readonly #disposal: AsyncDisposableStack;
  readonly #sites = new Set<string>();

  private constructor(parts: {
    hub: TestHub;
    administrator: Person;
    organizer: Person;
    folder: string;
    mark: ProcessMark;
    disposal: AsyncDisposableStack;
  }) {
    this.hub = parts.hub;
    this.administrator = parts.administrator;
    this.organizer = parts.organizer;
    this.#folder = parts.folder;
    this.#mark = parts.mark;
    this.#disposal = parts.disposal;
  }

  static async start({ portal = false, ...options }: NetworkOptions = {}): Promise<TestNetwork> {
    await using disposal = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'weir-network-'));
    // PostgreSQL runs under a user of its own when the hub is root.
    await chmod(folder, 0o755);
    disposal.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const mark = new ProcessMark(folder);
    disposal.defer(async () => {
      const left = await mark.killAll();
      if (left.length > 0) throw new Error(`processes were left behind:\n${left.join('\n')}`);
    });
    const portalPort = portal ? await freePort() : null;
    const portalEnv = portalPort === null ? {} : { WEIR_PORTAL_URL: `http://127.0.0.1:${portalPort}` };
    const env = { ...options.env, ...portalEnv, ...mark.env };
    const hub = disposal.use(await TestHub.start({ ...options, folder, env }));
    if (portalPort !== null)
      disposal.use(await startPortal({ folder, port: portalPort, hubUrl: hub.url, env: mark.env }));
    const administrator = await hub.administrator();
    const organizer = await Person.register(hub.url, 'organizer');
    return new TestNetwork({ hub, administrator, organizer, folder, mark, disposal: disposal.move() });
  }

  async addNode(options: NodeOptions): Promise<TestNode> {
    const node = await this.#enrol(options, this.hub.url);
    if (options.run ?? true) await node.run();
    return node;
  }

  async addWiredNode(options: NodeOptions): Promise<WiredNode> {
    const stream = this.#disposal.use(await TcpProxy.start({ host: '127.0.0.1', port: this.hub.grpcPort }));
    const web = this.#disposal.use(await TcpProxy.start({ host: '127.0.0.1', port: this.hub.httpPort }));
    const node = await this.#enrol(options, `http://127.0.0.1:${web.port}`);
    await node.dialAt(`127.0.0.1:${stream.port}`);
    if (options.run ?? true) await node.run();
    return Object.assign(node, { stream, web });
  }

  /** The organizer uploads a bundle and publishes what comes of it. */
  async addChallenge(bundle: Buffer): Promise<Challenge> {
    const { competitionId, problems } = await this.organizer.createCompetition(bundle);
    if (competitionId === null) throw new Error(`the bundle was refused: ${JSON.stringify(problems)}`);
    await this.organizer.trpc.competitions.publish.mutate({ id: competitionId, published: true });
    const { phases } = await this.organizer.trpc.competitions.get.query({ id: competitionId });
    const [phase] = phases;
    if (!phase) throw new Error('the competition has no phase');
    return { id: competitionId, phaseId: phase.id, taskIds: phase.tasks.map(({ id }) => id) };
  }

  /** Somebody new who has joined the challenges. */
  async addParticipant(username: string, ...challenges: readonly Challenge[]): Promise<Person> {
    const person = await Person.register(this.hub.url, username);
    for (const { id } of challenges) {
      const { termsVersion } = await person.trpc.competitions.get.query({ id });
      await person.trpc.competitions.join.mutate({ id, acceptTermsVersion: termsVersion });
    }
    return person;
  }

  /** A one-time token for a node of the site, which is made when there is none. */
  async enrolmentToken(site: string, servesDefaultQueue: boolean): Promise<string> {
    const { sites } = this.administrator.trpc;
    if (!this.#sites.has(site))
      await sites.create.mutate({ name: site, title: `Site ${site}`, servesDefaultQueue });
    this.#sites.add(site);
    return (await sites.enrolmentToken.mutate({ site })).token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A hub that was killed leaves its PostgreSQL running, as intended: the next start takes it over.
    if (!this.hub.process.isRunning) await this.#mark.killAll();
    await this.#disposal.disposeAsync();
  }

  async #enrol(options: NodeOptions, hubUrl: string): Promise<TestNode> {
    const {
      site,
      engine = 'scripted',
      slots,
      policy,
      dataset,
      sharesScores,
      servesDefaultQueue = !dataset,
    } = options;
    const token = await this.enrolmentToken(site, servesDefaultQueue);
    if (sharesScores) await this.administrator.trpc.sites.setSharesScores.mutate({ site, sharesScores });
    const settings = {
      folder: this.#folder,
      name: `${site}-${await this.#nextNumber(site)}`,
      engine,
      env: { ...this.#mark.env, ...options.env },
      ...(slots && { slots }),
      ...(policy && { policy }),
    };
    const node = this.#disposal.use(await TestNode.enrol(settings, hubUrl, token));
    if (dataset) await node.addDataset(dataset);
    return node;
  }

  readonly #nodesOf = new Map<string, number>();

  async #nextNumber(site: string): Promise<number> {
    const number = (this.#nodesOf.get(site) ?? 0) + 1;
    this.#nodesOf.set(site, number);
    return number;
  }
}
