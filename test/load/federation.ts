import { BenchHub, introduce } from './federation-bench-hub.ts';
import { benchOverhead, type Overhead, overheadToMarkdown } from './federation-overhead.ts';
import type { HubMemory, Spread } from './federation-protocol.ts';

export interface FederationFigures {
  readonly competitions: number;
  readonly publishing: { readonly seconds: number; readonly memory: HubMemory };
  /** From an empty copy to the whole catalogue, each page signed, read over HTTP, verified and committed. */
  readonly replication: { readonly seconds: number; readonly memory: HubMemory };
  /** Again, when nothing has changed. */
  readonly again: { readonly seconds: number };
  readonly lists: readonly { readonly page: string; readonly milliseconds: Spread }[];
  readonly calls: readonly {
    readonly inFlight: number;
    readonly perSecond: number;
    readonly milliseconds: Spread;
  }[];
  readonly submissions: Overhead;
}

export async function benchFederation({
  quick,
  progress,
}: {
  quick: boolean;
  progress: (line: string) => void;
}): Promise<FederationFigures> {
  const submissions = await benchOverhead({ quick, progress });
  return { ...(await benchCatalogue({ quick, progress })), submissions };
}

/** Two hub processes, each with a database of its own, that are peers: the catalogue of one is copied by the other, and the other calls it. */
async function benchCatalogue({
  quick,
  progress,
}: Parameters<typeof benchFederation>[0]): Promise<Omit<FederationFigures, 'submissions'>> {
  const competitions = quick ? 2_000 : 50_000;
  await using cleanup = new AsyncDisposableStack();
  progress('starting two hubs');
  const north = cleanup.use(await BenchHub.start('north'));
  const south = cleanup.use(await BenchHub.start('south'));
  await introduce(north, south);

  progress(`making and publishing ${competitions} competitions`);
  await north.tell({ kind: 'seed', competitions }, 'done');
  const publishing = await north.tell({ kind: 'publish' }, 'done');
  progress(`published in ${publishing.seconds.toFixed(1)} s`);
  const replication = await south.tell({ kind: 'replicate' }, 'done');
  if (replication.count !== competitions)
    throw new Error(`${replication.count} of ${competitions} competitions were copied`);
  progress(`copied in ${replication.seconds.toFixed(1)} s`);
  const again = await south.tell({ kind: 'replicate' }, 'done');

  const requests = quick ? 20 : 100;
  const lists: FederationFigures['lists'][number][] = [];
  for (const [page, search] of [
    ['first page', undefined],
    ['search for a word', 'retina'],
  ] as const) {
    const command = { kind: 'list', requests, ...(search !== undefined && { search }) } as const;
    lists.push({ page, milliseconds: (await south.tell(command, 'timed')).milliseconds });
  }
  const calls: FederationFigures['calls'][number][] = [];
  for (const inFlight of [1, 8, 64]) {
    await south.tell({ kind: 'call', inFlight, seconds: 1 }, 'timed');
    const seconds = quick ? 2 : 10;
    const { perSecond, milliseconds } = await south.tell({ kind: 'call', inFlight, seconds }, 'timed');
    calls.push({ inFlight, perSecond, milliseconds });
    progress(`${inFlight} calls in flight: ${Math.round(perSecond)} per second`);
  }
  return {
    competitions,
    publishing: { seconds: publishing.seconds, memory: publishing.memory },
    replication: { seconds: replication.seconds, memory: replication.memory },
    again: { seconds: again.seconds },
    lists,
    calls,
  };
}

export function federationToMarkdown(figures: FederationFigures): string {
  const { competitions, publishing, replication, again, lists, calls, submissions } = figures;
  const mebibytes = (bytes: number) => String(Math.round(bytes / 2 ** 20));
  const spread = ({ p50, p99 }: Spread) => `${p50.toFixed(1)} | ${p99.toFixed(1)}`;
  return [
    `| ${competitions} competitions | seconds | MiB of the hub afterwards | MiB at most |`,
    '| --- | --- | --- | --- |',
    ...Object.entries({ published: publishing, 'copied by a peer': replication }).map(
      ([what, { seconds, memory }]) =>
        `| ${what} | ${seconds.toFixed(1)} | ${mebibytes(memory.now)} | ${mebibytes(memory.highest)} |`,
    ),
    `| asked for again, nothing new | ${again.seconds.toFixed(3)} | | |`,
    '',
    '| listing at the peer | p50 ms | p99 ms |',
    '| --- | --- | --- |',
    ...lists.map(({ page, milliseconds }) => `| ${page} | ${spread(milliseconds)} |`),
    '',
    '| calls in flight | calls between hubs per second | p50 ms | p99 ms |',
    '| --- | --- | --- | --- |',
    ...calls.map(
      ({ inFlight, perSecond, milliseconds }) =>
        `| ${inFlight} | ${Math.round(perSecond)} | ${spread(milliseconds)} |`,
    ),
    '',
    ...overheadToMarkdown(submissions),
  ].join('\n');
}
