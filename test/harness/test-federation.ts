import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../deploy/start/ports.ts';
import { Person } from './person.ts';
import { startPortal } from './portal.ts';
import { ProcessMark } from './process-mark.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { TestHub } from './test-hub.ts';
import { TestNode, type TestNodeOptions } from './test-node.ts';
import { waitFor } from './wait-for.ts';

const CONDITIONS = fileURLToPath(new URL('./process-conditions.ts', import.meta.url));
const SCOPES = ['list', 'register', 'submit', 'evaluate'] as const;

/** A hub among others. */
export interface FederatedHub {
  readonly name: string;
  readonly hub: TestHub;
  readonly administrator: Person;
  readonly organizer: Person;
  /** Where the hub looks for its portal. */
  readonly portalPort: number;
}

type FederatedNodeOptions = Partial<Pick<TestNodeOptions, 'engine' | 'slots' | 'policy'>> & {
  readonly dataset?: Parameters<TestNode['addDataset']>[0];
};

/** What holds for one of the processes: see `process-conditions.ts`. */
interface Conditions {
  wires: Record<string, number>;
  clockAheadMs: number;
}

/**
 * Any number of hubs, real processes that are peers of one another, each with the nodes it is given. Between any two there are two wires, one for the calls of each:
 * `wire('north', 'south')` is what north's calls to south go over. Each hub has a clock of its own.
 */
export class TestFederation implements AsyncDisposable {
  readonly #hubs: ReadonlyMap<string, FederatedHub>;
  readonly #wires: ReadonlyMap<string, TcpProxy>;
  readonly #folder: string;
  readonly #mark: ProcessMark;
  readonly #disposal: AsyncDisposableStack;

  private constructor(parts: {
    hubs: ReadonlyMap<string, FederatedHub>;
    wires: ReadonlyMap<string, TcpProxy>;
    folder: string;
    mark: ProcessMark;
    disposal: AsyncDisposableStack;
  }) {
    this.#hubs = parts.hubs;
    this.#wires = parts.wires;
    this.#folder = parts.folder;
    this.#mark = parts.mark;
    this.#disposal = parts.disposal;
  }

  /** Each is a peer of each other, by invitation, with all scopes. */
  static async start(...names: string[]): Promise<TestFederation> {
    await using disposal = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'weir-federation-'));
    await chmod(folder, 0o755);
    disposal.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const mark = new ProcessMark(folder);
    disposal.defer(async () => {
      const left = await mark.killAll();
      if (left.length > 0) throw new Error(`processes were left behind:\n${left.join('\n')}`);
    });
    const ports = new Map<string, number>();
    for (const name of names) ports.set(name, await freePort());
    const wires = new Map<string, TcpProxy>();
    for (const from of names)
      for (const to of names.filter((name) => name !== from)) {
        const target = { host: '127.0.0.1', port: ports.get(to)! };
        wires.set(`${from} ${to}`, disposal.use(await TcpProxy.start(target)));
      }
    const hubs = new Map<string, FederatedHub>();
    for (const name of names) {
      const others = names.filter((other) => other !== name);
      const conditions: Conditions = {
        wires: Object.fromEntries(
          others.map((to) => [String(ports.get(to)), wires.get(`${name} ${to}`)!.port]),
        ),
        clockAheadMs: 0,
      };
      const file = join(folder, `${name}.json`);
      await writeFile(file, JSON.stringify(conditions));
      const portalPort = await freePort();
      const env = {
        ...mark.env,
        WEIR_PORTAL_URL: `http://127.0.0.1:${portalPort}`,
        WEIR_HUB_NAME: name,
        WEIR_PUBLIC_URL: `http://127.0.0.1:${ports.get(name)}`,
        WEIR_TEST_CONDITIONS: file,
        NODE_OPTIONS: `--import=${CONDITIONS}`,
      };
      const options = { folder, env, httpPort: ports.get(name)!, log: `${name}.log` };
      const hub = disposal.use(await TestHub.start(options));
      const administrator = await hub.administrator();
      const organizer = await Person.register(hub.url, 'organizer');
      hubs.set(name, { name, hub, administrator, organizer, portalPort });
    }
    const all = [...hubs.values()];
    for (const [place, one] of all.entries())
      for (const other of all.slice(place + 1)) await makePeers(one, other);
    return new TestFederation({ hubs, wires, folder, mark, disposal: disposal.move() });
  }

  get hubs(): FederatedHub[] {
    return [...this.#hubs.values()];
  }

  at(name: string): FederatedHub {
    const hub = this.#hubs.get(name);
    if (!hub) throw new Error(`there is no hub ${name}`);
    return hub;
  }

  /** What the calls of one hub to another go over. */
  wire(from: string, to: string): TcpProxy {
    return this.#wires.get(`${from} ${to}`)!;
  }

  cut(one: string, other: string): void {
    for (const wire of [this.wire(one, other), this.wire(other, one)]) wire.cut();
  }

  mend(one: string, other: string): void {
    for (const wire of [this.wire(one, other), this.wire(other, one)]) wire.restore();
  }

  /** Sets a hub's clock. Its database keeps the true time. */
  async setClock(name: string, aheadMs: number): Promise<void> {
    const file = join(this.#folder, `${name}.json`);
    const conditions = JSON.parse(await readFile(file, 'utf8')) as Conditions;
    await writeFile(file, JSON.stringify({ ...conditions, clockAheadMs: aheadMs }));
  }

  /** The built portal of one of the hubs; people reach it through the hub alone. */
  async addPortal(name: string): Promise<void> {
    const { hub, portalPort } = this.at(name);
    const options = { folder: this.#folder, port: portalPort, hubUrl: hub.url, env: this.#mark.env };
    this.#disposal.use(await startPortal(options));
  }

  /** A node of a site at one of the hubs. It serves the default queue there, or holds a dataset as ward@1. */
  async addNode(name: string, { dataset, ...options }: FederatedNodeOptions = {}): Promise<TestNode> {
    const { hub, administrator } = this.at(name);
    const site = `site-of-${name}`;
    await administrator.trpc.sites.create.mutate({ name: site, title: site, servesDefaultQueue: !dataset });
    const { token } = await administrator.trpc.sites.enrolmentToken.mutate({ site });
    const settings = { folder: this.#folder, name: site, engine: 'scripted' as const, env: this.#mark.env };
    const node = this.#disposal.use(await TestNode.enrol({ ...settings, ...options }, hub.url, token));
    if (dataset) await node.addDataset(dataset);
    await node.run();
    return node;
  }

  /**
   * Lets a minute pass at a hub, as far as it is about its peers: what is done each minute is done now, and pauses before peers are called again are over.
   * Does not wait for what it sets off.
   */
  async minute(name: string): Promise<void> {
    const { hub } = this.at(name);
    await hub.query(`update peer_health set retry_at = least(retry_at, now())`);
    for (const job of ['tend-peers', 'tend-catalogues', 'tend-identity'])
      await hub.query(`select graphile_worker.add_job($1, '{}'::json, job_key := $1)`, [job]);
  }

  /** Lets minutes pass everywhere until it is as wished. */
  async minutesUntil<State>(
    what: string,
    look: () => Promise<State>,
    isAsWished: (state: State) => boolean,
  ): Promise<State> {
    let looks = 0;
    const lookOn = async () => {
      if (looks++ % 10 === 0)
        for (const { name, hub } of this.hubs) if (hub.process.isRunning) await this.minute(name);
      return look();
    };
    return waitFor(what, lookOn, isAsWished, { within: 90_000, every: 300 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposal.disposeAsync();
  }
}

async function makePeers(one: FederatedHub, other: FederatedHub): Promise<void> {
  const scopes = [...SCOPES];
  const invitation = { scopes, note: other.name, days: 1 };
  const { code } = await one.administrator.trpc.peers.invite.mutate(invitation);
  await other.administrator.trpc.peers.accept.mutate({ code, scopes });
  const { peers } = await one.administrator.trpc.peers.overview.query();
  const { id } = peers.find(({ name }) => name === other.name)!;
  await one.administrator.trpc.peers.confirm.mutate({ id, scopes });
}
