import { join } from 'node:path';
import { buildDemo, type Demo } from '../../demo/build.ts';
import { ensureBaseImage } from '../../images/base.ts';
import { say } from '../announce.ts';
import { type Account, type LoadedCompetition, loadDemo, watchSubmissions } from '../demo-content.ts';
import type { EngineChoice } from '../engine-choice.ts';
import { StartError } from '../errors.ts';
import type { Hub } from '../hub.ts';
import { HubClient } from '../hub-client.ts';
import { PasswordBook } from '../passwords.ts';
import type { Settings } from '../settings.ts';
import { consoleAddresses, type SiteNode } from '../site-node.ts';
import type { System } from '../system.ts';
import { waitFor } from '../waiting.ts';
import { formatFederation } from './announce.ts';
import { introduce, lookAt, type Side } from './peering.ts';
import { type HubPlan, PLANS, type SitePlan } from './plans.ts';

/** One of the hubs, running. */
interface RunningHub extends Side {
  readonly plan: HubPlan;
  readonly system: System;
  readonly hub: Hub;
  readonly organizer: Account;
  readonly participant: Account;
}

interface LoadedHub extends RunningHub {
  readonly nodes: SiteNode[];
  readonly competitions: LoadedCompetition[];
}

/** Two hubs that are peers, each with sites, a competition and a person. @returns what to tell the person once everything runs */
export async function startFederation(
  systems: readonly System[],
  settings: Settings,
  engine: EngineChoice,
  signal: AbortSignal,
): Promise<string> {
  if (engine.kind !== 'bubblewrap') await ensureBaseImage(engine.docker, { onStep: say });
  say('starting two hubs and their portals');
  const [demo, ...hubs] = await Promise.all([
    buildDemo(join(settings.home, 'federation', 'demo')),
    ...systems.map((system, place) => startHub(system, PLANS[place]!)),
  ]);
  const [first, second] = hubs as [RunningHub, RunningHub];
  say(`making ${first.name} and ${second.name} peers`);
  const arePeersNow = await introduce(first, second);
  say('starting the nodes of their sites and loading the demonstration');
  const loaded = await Promise.all(hubs.map((each) => load(each, demo)));
  const [one, other] = loaded as [LoadedHub, LoadedHub];
  say('waiting for the first scores, and for each hub to list what the other has');
  const endings = await Promise.allSettled([
    ...loaded.map(({ hub, competitions, organizer }) =>
      watchSubmissions(hub.origin, competitions, organizer, signal),
    ),
    ...(arePeersNow ? [untilListed(one, other, signal), untilListed(other, one, signal)] : []),
  ]);
  for (const ending of endings) {
    if (ending.status === 'fulfilled') continue;
    // The portals show why; that is no reason to stop everything.
    if (!(ending.reason instanceof StartError)) throw ending.reason;
    say(ending.reason.message);
  }
  return formatFederation({
    engine: `${engine.kind} ${engine.version}`,
    home: settings.home,
    isPasswordGiven: settings.administrator.password !== null,
    hubs: await Promise.all(
      loaded.map(async ({ plan, system, organizer, participant, nodes, competitions }) => ({
        name: plan.name,
        title: plan.title,
        url: system.settings.publicUrl,
        administrator: organizer,
        participant,
        competition: competitions[0]!,
        consoles: await consoleAddresses(nodes, signal),
      })),
    ),
  });
}

async function startHub(system: System, plan: HubPlan): Promise<RunningHub> {
  const { home, administrator } = system.settings;
  const passwords = await PasswordBook.open(home);
  const { username } = administrator;
  const organizer = { username, password: administrator.password ?? (await passwords.of(username)) };
  const hub = await system.startHub(organizer);
  const participant = { username: plan.person, password: await passwords.of(plan.person) };
  await hub.addUser(plan.person, `${plan.person}@${plan.name}.example`, participant.password);
  const client = await HubClient.signIn(hub.origin, organizer.username, organizer.password);
  return { plan, name: plan.name, system, hub, organizer, participant, administrator: client };
}

async function load(running: RunningHub, demo: Demo): Promise<LoadedHub> {
  const { plan, system, hub, organizer, participant, administrator } = running;
  const nodes = await Promise.all(plan.sites.map((site) => startSite(system, hub, site, demo)));
  await system.untilNodesAreOnline(hub);
  const own = { competitions: demo.competitions.filter(({ title }) => title === plan.competition) };
  const accounts = { organizer, participants: { [plan.person]: participant } };
  const competitions = await loadDemo(hub.origin, own, accounts, async ({ id, title }) => {
    await Promise.all(nodes.map((node) => node.permit(title, id)));
    await publishNow(administrator, id);
  });
  return { ...running, nodes, competitions };
}

/** Saying again which peers see it, whatever that is, has it published now rather than within a minute. */
async function publishNow(administrator: HubClient, competitionId: number): Promise<void> {
  const input = encodeURIComponent(JSON.stringify({ competitionId }));
  const audience = await administrator.query<object>(`catalogue.audience?input=${input}`);
  await administrator.mutate('catalogue.setAudience', { competitionId, ...audience });
}

function startSite(system: System, hub: Hub, plan: SitePlan, demo: Demo): Promise<SiteNode> {
  const { data, ...site } = plan;
  return system.startNode(hub, { ...site, sharesScores: true, slots: 2 }, async (node) => {
    for (const each of data(demo)) await node.addDataset(each);
  });
}

async function untilListed(at: RunningHub, of: LoadedHub, signal: AbortSignal): Promise<void> {
  const filter = encodeURIComponent(JSON.stringify({ hub: of.name }));
  const waiting = {
    until: `${at.name} to list what ${of.name} has`,
    timeout: 150_000,
    interval: 1_500,
    signal,
  };
  await waitFor(waiting, async () => {
    const { items } = await at.administrator.query<{ items: unknown[] }>(`catalogue.list?input=${filter}`);
    if (items.length > 0) return true;
    await lookAt(at, of.name);
    return null;
  });
}
