import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptedBundle } from '../harness/challenge.ts';
import { Person } from '../harness/person.ts';
import { TestNode } from '../harness/test-node.ts';
import { BenchHub, introduce } from './federation-bench-hub.ts';
import { type Spread, type Submitting, spreadOf } from './federation-protocol.ts';

/** Milliseconds from a submission (its file uploaded) to its result, where its owner looks. */
export interface Overhead {
  readonly samples: number;
  /** By a person of the competition's hub. */
  readonly local: Spread;
  /** By a person of another hub, to the same phase. */
  readonly federated: Spread;
  /** Of these, until the competition's hub had it. */
  readonly entered: Spread;
  /** Federated for one local. */
  readonly ratio: Spread;
}

/**
 * Two hub processes and a node process with the scripted engine. The two kinds take turns, one submission at a time, so what else happens on the machine
 * happens to both.
 */
export async function benchOverhead({
  quick,
  progress,
}: {
  quick: boolean;
  progress: (line: string) => void;
}): Promise<Overhead> {
  const samples = quick ? 30 : 400;
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'weir-bench-submissions-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  progress('starting a home hub, and a hub with a competition and a node');
  const home = cleanup.use(await BenchHub.start('home'));
  const host = cleanup.use(await BenchHub.start('host'));
  await introduce(home, host);
  const { ours, theirs } = await makeCompetition(home, host);
  cleanup.use(await startNode(folder, host));

  const times = { local: [] as number[], federated: [] as number[], entered: [] as number[] };
  const warmUp = quick ? 5 : 20;
  for (let sample = -warmUp; sample < samples; sample++) {
    const local = await host.tell({ kind: 'submit', ...ours }, 'submitted');
    const federated = await home.tell({ kind: 'submit', ...theirs }, 'submitted');
    if (sample < 0) continue;
    times.local.push(local.milliseconds);
    times.federated.push(federated.milliseconds);
    times.entered.push(federated.enteredMs!);
  }
  const [local, federated] = [spreadOf(times.local), spreadOf(times.federated)];
  const ratio = { p50: federated.p50 / local.p50, p99: federated.p99 / local.p99 };
  progress(`a federated submission takes ${ratio.p50.toFixed(1)} times as long as a local one`);
  return { samples, local, federated, entered: spreadOf(times.entered), ratio };
}

/** A person of each hub takes part in it. */
async function makeCompetition(
  home: BenchHub,
  host: BenchHub,
): Promise<{ ours: Submitting; theirs: Submitting }> {
  const administrator = await host.administrator();
  const { competitionId } = await administrator.createCompetition(scriptedBundle('scores={"score":0.5}'));
  const id = competitionId!;
  await administrator.trpc.competitions.publish.mutate({ id, published: true });
  const { phases, termsVersion } = await administrator.trpc.competitions.get.query({ id });
  const phaseId = phases[0]!.id;
  const bob = await Person.register(host.url, 'bob');
  await bob.trpc.competitions.join.mutate({ id, acceptTermsVersion: termsVersion });

  await host.tell({ kind: 'publish' }, 'done');
  await home.tell({ kind: 'replicate' }, 'done');
  const ana = await Person.register(home.url, 'ana');
  await home.tell({ kind: 'agree', username: ana.username }, 'done');
  const where = { hub: 'host', id };
  const { competition } = await ana.trpc.participation.competition.query(where);
  await ana.trpc.participation.register.mutate({ ...where, termsDigest: competition!.termsDigest });
  return {
    ours: { username: 'bob', phaseId, at: null },
    theirs: { username: 'ana', phaseId, at: where },
  };
}

async function startNode(folder: string, host: BenchHub): Promise<TestNode> {
  const { trpc } = await host.administrator();
  await trpc.sites.create.mutate({ name: 'load', title: 'Load', servesDefaultQueue: true });
  const { token } = await trpc.sites.enrolmentToken.mutate({ site: 'load' });
  const node = await TestNode.enrol({ folder, name: 'load', engine: 'scripted', slots: 4 }, host.url, token);
  await node.run();
  return node;
}

export function overheadToMarkdown({ samples, local, federated, entered, ratio }: Overhead): string[] {
  const row = (what: string, { p50, p99 }: Spread, digits: number) =>
    `| ${what} | ${p50.toFixed(digits)} | ${p99.toFixed(digits)} |`;
  return [
    `| submitted to result, ${samples} each | p50 ms | p99 ms |`,
    '| --- | --- | --- |',
    row('local: at the hub of the competition', local, 1),
    row('federated: from and at another hub', federated, 1),
    row('of that, until the hub of the competition has it', entered, 1),
    row('federated for one local (ratio)', ratio, 2),
  ];
}
