import { afterAll, beforeAll, expect, test } from 'vitest';
import { scriptedBundle } from '../harness/challenge.ts';
import { TestFederation } from '../harness/test-federation.ts';

let federation: TestFederation;
beforeAll(async () => {
  federation = await TestFederation.start('north', 'south', 'west');
});
afterAll(() => federation?.[Symbol.asyncDispose]());

/** Every competition there is, by its title. */
const published: string[] = [];
/** Takes south back to how it was when it was killed. */
let restore: () => Promise<void>;

async function publish(hub: string, title: string): Promise<number> {
  const { organizer } = federation.at(hub);
  const { competitionId } = await organizer.createCompetition(scriptedBundle('{}', { title }));
  await organizer.trpc.competitions.publish.mutate({ id: competitionId!, published: true });
  published.push(title);
  return competitionId!;
}

async function listedAt(hub: string): Promise<{ title: string; isStale: boolean }[]> {
  const { items } = await federation.at(hub).organizer.trpc.catalogue.list.query({ limit: 100 });
  return items.map(({ title, origin }) => ({ title, isStale: origin?.isStale ?? false }));
}

const titlesAt = async (hub: string) => (await listedAt(hub)).map(({ title }) => title).sort();

/** Each hub lists everything, and nothing twice. */
async function untilAllAgree(): Promise<void> {
  const wanted = [...published].sort().join();
  await federation.minutesUntil(
    'all hubs to list everything once',
    () => Promise.all(federation.hubs.map(({ name }) => titlesAt(name))),
    (lists) => lists.every((titles) => titles.join() === wanted),
  );
}

async function peerOf(at: string, name: string) {
  const { peers } = await federation.at(at).administrator.trpc.peers.overview.query();
  return peers.find((peer) => peer.name === name)!;
}

test('what each hub publishes is listed at all', async () => {
  for (const { name } of federation.hubs) await publish(name, `First of ${name}`);
  await untilAllAgree();
});

test('while two hubs cannot reach one another, both go on; once they can, they agree', async () => {
  federation.cut('north', 'south');
  await publish('south', 'Published behind the cut');
  await publish('north', 'Published before the cut');
  await federation.minutesUntil(
    'the third hub to list both, and north to see that south does not answer',
    async () => ({ west: await titlesAt('west'), south: await peerOf('north', 'south') }),
    ({ west, south }) => west.length === published.length && south.unreachableSince !== null,
  );
  expect(await titlesAt('north')).not.toContain('Published behind the cut');
  expect(await titlesAt('north')).toContain('First of south');
  federation.mend('north', 'south');
  await untilAllAgree();
  expect(await peerOf('north', 'south')).toMatchObject({
    state: 'active',
    unreachableSince: null,
    problem: null,
  });
});

test('connections that come late, in another order, or break in the middle double nothing', async () => {
  for (const from of ['north', 'west']) federation.wire(from, 'south').scatter(400);
  for (let number = 1; number <= 3; number++) await publish('south', `Over bad wires ${number}`);
  await federation.minute('north');
  federation.wire('north', 'south').scatter(200);
  await untilAllAgree();
  for (const from of ['north', 'west']) federation.wire(from, 'south').restore();
});

test('a hub that is killed while the others read from it, and starts again, is the same hub', async () => {
  const { hub } = federation.at('south');
  await publish('south', 'Published before it was killed');
  await federation.minute('south');
  for (const name of ['north', 'west']) await federation.minute(name);
  await hub.process.kill();
  restore = await hub.backUp();
  expect(await titlesAt('north')).toContain('First of south');
  await hub.restart();
  await untilAllAgree();
  expect(await peerOf('north', 'south')).toMatchObject({ state: 'active', keys: 1 });
});

test('a clock that is wrong is named; nothing is taken meanwhile, and all is as before once it is right', async () => {
  await federation.setClock('west', 5 * 60_000);
  await federation.minutesUntil(
    'west to hear that its clock is wrong',
    () => peerOf('west', 'north'),
    ({ problem }) => problem?.code === 'clock_skewed',
  );
  expect((await peerOf('west', 'north')).problem?.cure).toContain('Synchronise');
  await federation.setClock('west', 0);
  await publish('west', 'Published at the right time');
  await untilAllAgree();
});

test('a hub that is restored from a backup is noticed; what it lost is marked, what it says anew is listed', async () => {
  const { hub } = federation.at('south');
  // What is made anew gets the number of the first, and takes its place.
  await publish('south', 'Lost, and its number used again');
  await publish('south', 'Lost');
  await untilAllAgree();

  await hub.process.stop();
  await restore();
  await hub.restart();
  await publish('south', 'Published after the restore');
  const seen = await federation.minutesUntil(
    'north to list what south says now, and to mark what it does not say any more',
    () => listedAt('north'),
    (list) =>
      list.some(({ title }) => title === 'Published after the restore') &&
      list.every(({ title, isStale }) => isStale === (title === 'Lost')),
  );
  const kept = published.filter((title) => title !== 'Lost, and its number used again');
  expect(seen.map(({ title }) => title).sort()).toEqual(kept.sort());
  const { events } = await federation.at('north').administrator.trpc.peers.overview.query();
  expect(events.map(({ kind }) => kind).filter((kind) => kind.startsWith('catalogue'))).not.toEqual([]);
  expect(await peerOf('north', 'south')).toMatchObject({ state: 'active' });
  expect(await titlesAt('south')).not.toContain('Lost');
});
