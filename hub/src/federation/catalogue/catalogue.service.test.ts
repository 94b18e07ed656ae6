import { eq, gt } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anonymous } from '../../accounts/access.ts';
import { competitions } from '../../competitions/schema.ts';
import type { TestPerson } from '../../http/testing/test-hub.ts';
import { peerEvents, peers } from '../peers/schema.ts';
import { befriend, createFederatedHub, type FederatedHub } from '../testing/federated-hub.ts';
import { addCompetition } from '../testing/listed-competition.ts';
import { catalogueEntries } from './schema.ts';

let home: FederatedHub;
let south: FederatedHub;
let organizer: TestPerson;
let southAtHome: number;
let homeAtSouth: number;
beforeEach(async () => {
  home = await createFederatedHub('home');
  south = await createFederatedHub('south');
  organizer = await south.person('organizer');
  const { otherAtOne, oneAtOther } = await befriend(home, south);
  [southAtHome, homeAtSouth] = [otherAtOne, oneAtOther];
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await south[Symbol.asyncDispose]();
});

/** What happens each minute, at both. */
async function aMinutePasses(): Promise<void> {
  await south.context.catalogue.publisher.publish();
  await home.context.catalogue.replication.replicate(southAtHome);
}

const list = (filter = {}) => home.context.catalogue.list(anonymous, filter);
const titles = async (filter = {}) => (await list(filter)).items.map(({ title }) => title);
const eventsAtHome = async () =>
  (await home.context.database.queries.select().from(peerEvents)).map(({ kind, details }) => ({
    kind,
    reason: details.reason ?? details.problem,
  }));

test('a published competition shows at a peer, changes and goes there', async () => {
  const id = await addCompetition(south, { title: 'Sepsis', createdBy: organizer.id });
  await aMinutePasses();
  expect((await list()).items).toMatchObject([
    {
      id,
      title: 'Sepsis',
      state: 'open',
      organizer: 'organizer',
      currentPhase: { name: 'Main', endsAt: null },
      origin: { hub: 'south', address: south.address, asOf: expect.any(Date), isStale: false },
    },
  ]);
  expect(await home.context.catalogue.get('south', id)).toMatchObject({
    title: 'Sepsis',
    address: `${south.address}/competitions/${id}`,
    registration: 'approval',
    phases: [{ name: 'Main' }],
  });

  const { queries } = south.context.database;
  await queries.update(competitions).set({ title: 'Sepsis 2' }).where(eq(competitions.id, id));
  await aMinutePasses();
  expect(await titles()).toEqual(['Sepsis 2']);

  await south.context.competitions.publish(organizer.actor, id, false);
  await aMinutePasses();
  expect(await titles()).toEqual([]);
});

test('what has not changed is not told again', async () => {
  await addCompetition(south, { title: 'Sepsis', createdBy: organizer.id });
  expect(await south.context.catalogue.publisher.publish()).toBe(1);
  expect(await south.context.catalogue.publisher.publish()).toBe(0);
});

test('of more than are compared at once, each is told once, and changes are found wherever they are', async () => {
  const { catalogue, database } = south.context;
  const many = Array.from({ length: 1_100 }, (_, n) => ({
    title: `Number ${n}`,
    createdBy: organizer.id,
    dockerImage: 'none',
    published: true,
  }));
  await database.queries.insert(competitions).values(many);
  expect(await catalogue.publisher.publish()).toBe(1_100);
  expect(await catalogue.publisher.publish()).toBe(0);
  const changed = eq(competitions.title, 'Number 1050');
  await database.queries.update(competitions).set({ title: 'Changed' }).where(changed);
  const withdrawn = eq(competitions.title, 'Number 499');
  await database.queries.update(competitions).set({ published: false }).where(withdrawn);
  expect(await catalogue.publisher.publish()).toBe(2);
});

test('nothing is published while no peer may read it; then all that there is', async () => {
  await using alone = await createFederatedHub('alone');
  const owner = await alone.person('owner');
  await addCompetition(alone, { title: 'Seen by nobody yet', createdBy: owner.id });
  const entries = () => alone.context.database.queries.$count(catalogueEntries);
  const { signal } = new AbortController();
  await alone.context.catalogue.publish(signal);
  expect(await entries()).toBe(0);
  await befriend(alone, home, { scopes: ['submit'] });
  await alone.context.catalogue.publish(signal);
  expect(await entries()).toBe(0);
  await alone.context.database.queries.update(peers).set({ scopesGiven: ['list'] });
  await alone.context.catalogue.publish(signal);
  expect(await entries()).toBe(1);
});

test('many come in pages, each competition once', async () => {
  for (let n = 0; n < 30; n += 1)
    await addCompetition(south, { title: `Number ${n}`, createdBy: organizer.id });
  await south.context.catalogue.publisher.publish();
  const { catalogue } = south.context;
  const { feed } = catalogue;
  Object.assign(catalogue, {
    feed: (peer: number, from: { after: number }) => feed(peer, { ...from, limit: 7 }),
  });
  await home.context.catalogue.replication.replicate(southAtHome);
  const seen: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await list({ limit: 7, ...(cursor ? { cursor } : {}) });
    seen.push(...page.items.map(({ title }) => title));
    if (!page.nextCursor) break;
    cursor = page.nextCursor;
  }
  expect(seen).toHaveLength(30);
  expect(new Set(seen).size).toBe(30);
});

test('own competitions and those of peers are searched together, with counts by hub and state', async () => {
  const own = await home.person('somebody');
  await addCompetition(home, { title: 'Stroke at home', createdBy: own.id });
  await addCompetition(home, { title: 'A draft', createdBy: own.id, published: false });
  await addCompetition(south, { title: 'Stroke in the south', createdBy: organizer.id });
  const startsAt = new Date(Date.now() + 86_400_000);
  await addCompetition(south, { title: 'Sepsis next day', createdBy: organizer.id, startsAt });
  await aMinutePasses();

  expect((await titles()).sort()).toEqual(['Sepsis next day', 'Stroke at home', 'Stroke in the south']);
  expect((await titles({ search: 'stroke' })).sort()).toEqual(['Stroke at home', 'Stroke in the south']);
  expect(await titles({ hub: 'south', state: 'upcoming' })).toEqual(['Sepsis next day']);
  expect(await titles({ hub: 'nowhere' })).toEqual([]);
  expect((await list()).facets).toEqual({
    hubs: [
      { name: 'home', isOwn: true, count: 1 },
      { name: 'south', isOwn: false, count: 2 },
    ],
    states: expect.arrayContaining([
      { state: 'open', count: 2 },
      { state: 'upcoming', count: 1 },
    ]),
  });
});

describe('organizers choose who sees it', () => {
  test('drafts never leave, and what is for nobody or for another peer does not either', async () => {
    const north = await createFederatedHub('north');
    const { otherAtOne: southAtNorth } = await befriend(north, south);
    await addCompetition(south, { title: 'Draft', createdBy: organizer.id, published: false });
    const hidden = await addCompetition(south, { title: 'For nobody', createdBy: organizer.id });
    const chosen = await addCompetition(south, { title: 'For the north', createdBy: organizer.id });
    const { catalogue } = south.context;
    await catalogue.setAudience(organizer.actor, hidden, { visibility: 'none', hubs: [] });
    await catalogue.setAudience(organizer.actor, chosen, { visibility: 'chosen', hubs: ['north'] });
    await aMinutePasses();
    await north.context.catalogue.replication.replicate(southAtNorth);
    expect(await titles()).toEqual([]);
    const atNorth = await north.context.catalogue.list(anonymous, {});
    expect(atNorth.items.map(({ title }) => title)).toEqual(['For the north']);
    await north[Symbol.asyncDispose]();
  });

  test('a peer that may not see it any more loses it; one that comes later never gets it', async () => {
    const id = await addCompetition(south, { title: 'Sepsis', createdBy: organizer.id });
    await aMinutePasses();
    expect(await titles()).toEqual(['Sepsis']);
    await south.context.catalogue.setAudience(organizer.actor, id, { visibility: 'none', hubs: [] });
    await aMinutePasses();
    expect(await titles()).toEqual([]);
    const later = await south.context.catalogue.feed(999, { after: 0, limit: 100 });
    expect(later.entries.map(({ signed }) => JSON.parse(signed))).toMatchObject([
      { kind: 'withdraw', descriptor: null },
    ]);

    const again = { visibility: 'chosen', hubs: ['home'] } as const;
    await south.context.catalogue.setAudience(organizer.actor, id, again);
    await aMinutePasses();
    expect(await titles()).toEqual(['Sepsis']);
  });

  test('only among the hubs that are peers', async () => {
    const id = await addCompetition(south, { title: 'Sepsis', createdBy: organizer.id });
    const wrong = { visibility: 'chosen', hubs: ['nowhere'] } as const;
    await expect(south.context.catalogue.setAudience(organizer.actor, id, wrong)).rejects.toMatchObject({
      code: 'audience_invalid',
    });
  });
});

test('it goes on to be shown while the peer is down, and not once it is no peer any more', async () => {
  await addCompetition(south, { title: 'Sepsis', createdBy: organizer.id });
  await aMinutePasses();
  await south.app.close();
  await home.context.catalogue.replication.replicate(southAtHome);
  expect((await list()).items).toMatchObject([
    {
      title: 'Sepsis',
      origin: { asOf: expect.any(Date), unreachableSince: expect.any(Date), isStale: false },
    },
  ]);
  await home.context.database.queries.update(peers).set({ state: 'revoked' });
  expect(await titles()).toEqual([]);
});

test('a peer restored from an old backup is read again from its beginning; what it has lost stays, marked', async () => {
  const kept = await addCompetition(south, { title: 'Before the backup', createdBy: organizer.id });
  await aMinutePasses();
  const lost = await addCompetition(south, { title: 'After the backup', createdBy: organizer.id });
  await aMinutePasses();
  const { queries } = south.context.database;
  await queries.delete(catalogueEntries).where(gt(catalogueEntries.sequence, 1));
  await queries.update(competitions).set({ published: false }).where(eq(competitions.id, lost));
  await aMinutePasses();
  expect(await eventsAtHome()).toEqual([{ kind: 'catalogue_restarted', reason: 'rewound' }]);
  const stale = async () =>
    Object.fromEntries((await list()).items.map(({ id, origin }) => [id, origin?.isStale]));
  expect(await stale()).toEqual({ [kept]: false, [lost]: true });

  await queries.update(competitions).set({ published: true }).where(eq(competitions.id, lost));
  await aMinutePasses();
  expect(await stale()).toEqual({ [kept]: false, [lost]: false });
});

test('a catalogue that has gone on after a backup is noticed by the entry that differs', async () => {
  await addCompetition(south, { title: 'First', createdBy: organizer.id });
  await addCompetition(south, { title: 'Second', createdBy: organizer.id });
  await aMinutePasses();
  const { queries } = south.context.database;
  await queries.delete(catalogueEntries).where(gt(catalogueEntries.sequence, 1));
  await addCompetition(south, { title: 'Third', createdBy: organizer.id });
  await aMinutePasses();
  expect(await eventsAtHome()).toEqual([{ kind: 'catalogue_restarted', reason: 'differs' }]);
  expect((await titles()).sort()).toEqual(['First', 'Second', 'Third']);
});

test('a rotation of keys is followed, and entries of the key before stay good', async () => {
  await addCompetition(south, { title: 'Before', createdBy: organizer.id });
  await south.context.catalogue.publisher.publish();
  await south.context.keys.rotate();
  await addCompetition(south, { title: 'After', createdBy: organizer.id });
  await aMinutePasses();
  expect((await titles()).sort()).toEqual(['After', 'Before']);
});

test('a peer that was keyed anew and accepted is read from its beginning under its new identity', async () => {
  await addCompetition(south, { title: 'Sepsis', createdBy: organizer.id });
  await aMinutePasses();
  const other = await createFederatedHub('other');
  await befriend(other, home);
  const person = await other.person('organizer');
  await addCompetition(other, { title: 'Sepsis anew', createdBy: person.id });
  await other.context.catalogue.publisher.publish();
  const { queries } = home.context.database;
  await queries.delete(peers).where(eq(peers.name, 'other'));
  const { rootId, chain } = other.context.keys;
  const identity = { rootId, chain: [...chain], address: other.address };
  await queries.update(peers).set(identity).where(eq(peers.id, southAtHome));
  await home.context.catalogue.replication.replicate(southAtHome);
  expect(await eventsAtHome()).toEqual([{ kind: 'catalogue_restarted', reason: 'rekeyed' }]);
  expect(await titles()).toEqual(['Sepsis anew']);
  await other[Symbol.asyncDispose]();
});

test('a peer without leave to list gets nothing', async () => {
  await addCompetition(south, { title: 'Sepsis', createdBy: organizer.id });
  await south.context.database.queries
    .update(peers)
    .set({ scopesGiven: ['submit'] })
    .where(eq(peers.id, homeAtSouth));
  await aMinutePasses();
  expect(await titles()).toEqual([]);
  expect(await eventsAtHome()).toEqual([{ kind: 'catalogue_problem', reason: 'scope_missing' }]);
});
