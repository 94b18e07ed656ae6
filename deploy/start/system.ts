import { join } from 'node:path';
import { buildDemo, type SiteData } from '../demo/build.ts';
import { ensureBaseImage } from '../images/base.ts';
import { say } from './announce.ts';
import { Child } from './child.ts';
import { type Account, type DemoAccounts, type LoadedCompetition, loadDemo } from './demo-content.ts';
import type { EngineChoice } from './engine-choice.ts';
import { Hub } from './hub.ts';
import type { PasswordBook } from './passwords.ts';
import { portalProcess } from './portal.ts';
import { freePort } from './ports.ts';
import type { Settings } from './settings.ts';
import { SiteNode, type SiteNodeOptions } from './site-node.ts';
import { onlineSites } from './site-status.ts';
import { answers, waitFor } from './waiting.ts';

/** Milliseconds a process may take to end by itself, twice, before it is killed. */
const PATIENCE = { node: 6_000, portal: 3_000, hub: 10_000 };

/** Everything that runs: started in the order hub and portal, nodes; stopped in the opposite order. */
export class System implements AsyncDisposable {
  readonly settings: Settings;
  readonly #project: string;
  readonly #engine: EngineChoice;
  readonly #signal: AbortSignal;
  /** By the name of their site. */
  readonly #nodes = new Map<string, Child>();
  #portal: Child | null = null;
  #hub: Child | null = null;

  constructor(settings: Settings, project: string, engine: EngineChoice, signal: AbortSignal) {
    this.settings = settings;
    this.#project = project;
    this.#engine = engine;
    this.#signal = signal;
  }

  /** Starts hub and portal and waits until both serve. */
  async startHub(administrator: Account): Promise<Hub> {
    const portalPort = await freePort();
    const portalUrl = `http://127.0.0.1:${portalPort}`;
    const hub = new Hub({
      settings: this.settings,
      project: this.#project,
      portalUrl,
      administratorPassword: administrator.password,
    });
    this.#hub = this.#start(hub.process);
    this.#portal = this.#start(portalProcess(this.settings, this.#project, portalPort, hub.origin));
    const waiting = { timeout: 180_000, children: [this.#hub, this.#portal], signal: this.#signal };
    await waitFor({ ...waiting, until: 'the hub' }, () => answers(`${hub.origin}/readyz`));
    await waitFor({ ...waiting, until: 'the portal' }, () => answers(`${hub.origin}/`));
    return hub;
  }

  /** Starts a node for each site; `prepare` happens after its enrolment and before it runs. */
  async startNode(
    hub: Hub,
    site: Omit<SiteNodeOptions, 'project' | 'home' | 'engine'>,
    prepare: (node: SiteNode) => Promise<void> = async () => {},
  ): Promise<SiteNode> {
    const node = new SiteNode({
      ...site,
      project: this.#project,
      home: this.settings.home,
      engine: this.#engine,
    });
    await node.enrol(hub);
    await prepare(node);
    this.#nodes.set(site.site, this.#start(node.process));
    return node;
  }

  /** Waits until the hub has every node that was started on its stream. */
  async untilNodesAreOnline(hub: Hub): Promise<void> {
    const waiting = {
      until: `the nodes of ${[...this.#nodes.keys()].join(' and ')}`,
      timeout: 60_000,
      children: [...this.#nodes.values()],
      signal: this.#signal,
    };
    await waitFor(waiting, async () => {
      const online = await onlineSites(hub.origin);
      return [...this.#nodes.keys()].every((site) => online.includes(site)) ? true : null;
    });
  }

  kill(): void {
    for (const child of [...this.#nodes.values(), this.#portal, this.#hub]) child?.kill();
  }

  /** Nodes first, so that the hub hears what they have to say; the hub, which owns the database, last. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.stop(PATIENCE.node)));
    await this.#portal?.stop(PATIENCE.portal);
    await this.#hub?.stop(PATIENCE.hub);
  }

  #start(spec: Child['spec']): Child {
    this.#signal.throwIfAborted();
    const child = new Child(spec, say);
    child.start();
    return child;
  }
}

/** One node for whatever the default queue brings. */
export async function startBare(system: System, hub: Hub): Promise<SiteNode[]> {
  say('starting a node for the default queue');
  const node = await system.startNode(hub, {
    site: 'local',
    title: 'This machine',
    servesDefaultQueue: true,
    sharesScores: true,
    policy: 'local',
    consolePort: 4380,
    slots: 2,
  });
  await system.untilNodesAreOnline(hub);
  return [node];
}

export interface StartedDemo {
  accounts: DemoAccounts;
  nodes: SiteNode[];
  competitions: LoadedCompetition[];
}

/** Two sites with data of their own, and two participants who have entered all competitions. */
export async function startDemo(
  system: System,
  hub: Hub,
  settings: Settings,
  engine: EngineChoice,
  organizer: Account,
  passwords: PasswordBook,
): Promise<StartedDemo> {
  if (engine.kind !== 'bubblewrap') await ensureBaseImage(engine.docker, { onStep: say });
  const demo = await buildDemo(join(settings.home, 'demo'));
  say('starting the nodes of the sites north and south');
  // The warm-up carries its own answers and runs anywhere; north also serves the default queue.
  const register = (data: SiteData[]) => async (node: SiteNode) => {
    for (const each of data) await node.addDataset(each);
  };
  const site = { sharesScores: true, slots: 2 };
  const north = { ...site, site: 'north', title: 'North University Hospital', servesDefaultQueue: true };
  const south = { ...site, site: 'south', title: 'South District Hospital', servesDefaultQueue: false };
  const nodes = await Promise.all([
    system.startNode(hub, { ...north, policy: 'north', consolePort: 4380 }, register(demo.siteData.north)),
    system.startNode(hub, { ...south, policy: 'south', consolePort: 4381 }, register(demo.siteData.south)),
  ]);
  await system.untilNodesAreOnline(hub);
  say('loading the demonstration');
  const participants = {
    ada: { username: 'ada', password: await passwords.of('ada') },
    grace: { username: 'grace', password: await passwords.of('grace') },
  };
  for (const { username, password } of Object.values(participants)) {
    await hub.addUser(username, `${username}@sepsis.example`, password);
  }
  const accounts = { organizer, participants };
  const competitions = await loadDemo(hub.origin, demo, accounts, async ({ id, title }) => {
    await Promise.all(nodes.map((node) => node.permit(title, id)));
  });
  return { accounts, nodes, competitions };
}
