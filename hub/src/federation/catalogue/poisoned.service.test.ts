import { afterEach, beforeEach, expect, test } from 'vitest';
import { anonymous } from '../../accounts/access.ts';
import { competitions } from '../../competitions/schema.ts';
import { peerEvents } from '../peers/schema.ts';
import { befriend, createFederatedHub, type FederatedHub } from '../testing/federated-hub.ts';
import type { Descriptor, EntryContent } from './descriptor.ts';
import { type CataloguePage, digestOf, type SignedEntry, signEntry } from './entry.ts';
import { catalogueReplicas } from './schema.ts';

let home: FederatedHub;
let hostile: FederatedHub;
let hostileAtHome: number;
beforeEach(async () => {
  home = await createFederatedHub('home');
  hostile = await createFederatedHub('hostile');
  hostileAtHome = (await befriend(home, hostile)).otherAtOne;
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await hostile[Symbol.asyncDispose]();
});

const honest: Descriptor = {
  id: 1,
  title: 'Sepsis',
  description: 'About sepsis',
  type: 'competition',
  organizer: 'Somebody',
  reward: null,
  registration: 'open',
  requires: [],
  tags: [],
  phases: [{ id: 1, name: 'Main', startsAt: '2026-01-01T00:00:00.000Z', endsAt: null }],
  sites: { count: 0, datasets: [] },
  createdAt: '2026-01-01T00:00:00.000Z',
};

function entry(sequence: number, changes: Record<string, unknown> = {}, content: Partial<EntryContent> = {}) {
  const descriptor = { ...honest, id: sequence, ...changes };
  return signEntry(hostile.context.keys, {
    format: 'weir-catalogue/1',
    hub: hostile.context.keys.rootId,
    origin: hostile.address,
    sequence,
    kind: 'create',
    competition: descriptor.id,
    at: new Date().toISOString(),
    descriptor,
    ...content,
  });
}

type Answer = (after: number) => CataloguePage | Promise<CataloguePage>;

/** Has the hostile hub answer that, and reads it. */
async function read(answer: Answer, limits?: { pages: number; milliseconds: number; competitions: number }) {
  Object.assign(hostile.context.catalogue, {
    feed: (_peer: number, { after }: { after: number }) => answer(after),
  });
  await home.context.catalogue.replication.replicate(hostileAtHome, undefined, limits);
}

/** Everything on one page. */
function once(entries: readonly SignedEntry[], changes: Partial<CataloguePage> = {}): Answer {
  const last = entries.at(-1);
  return (after) => ({
    head: 1_000_000,
    cursorDigest: after > 0 && last ? digestOf(last.signed) : null,
    entries: after === 0 ? [...entries] : [],
    more: false,
    ...changes,
  });
}

const titles = async () => (await home.context.catalogue.list(anonymous, {})).items.map(({ title }) => title);
const problem = async () => {
  const [replica] = await home.context.database.queries.select().from(catalogueReplicas);
  return replica?.problem ?? null;
};

test.each<[string, () => Promise<SignedEntry[]>]>([
  [
    'signature_invalid',
    async () => {
      const { signed, ...rest } = await entry(2);
      return [await entry(1), { signed: signed.replace('Sepsis', 'Stroke'), ...rest }];
    },
  ],
  ['key_unknown', async () => [{ ...(await entry(1)), keyId: `sha256:${'0'.repeat(64)}` }]],
  ['origin_wrong', async () => [await entry(1, {}, { hub: home.context.keys.rootId })]],
  ['origin_wrong', async () => [await entry(1, {}, { origin: 'https://elsewhere.example' })]],
  ['entry_unreadable', async () => [await entry(1, {}, { kind: 'other' as 'create' })]],
  ['order_wrong', async () => [await entry(2), await entry(1)]],
  ['order_wrong', async () => [await entry(1), await entry(1)]],
  ['peer_answer_invalid', async () => [await entry(1, { description: 'x'.repeat(60_000) })]],
])('%s: nothing of the page is taken, and administrators are told once', async (expected, make) => {
  const entries = await make();
  await read(once(entries));
  await read(once(entries));
  expect(await titles()).toEqual([]);
  expect(await problem()).toBe(expected);
  const events = await home.context.database.queries.select().from(peerEvents);
  expect(events.map(({ kind }) => kind)).toEqual(['catalogue_problem']);
  await read(once([await entry(1)]));
  expect(await problem()).toBeNull();
  expect(await titles()).toEqual(['Sepsis']);
});

test.each<[string, Record<string, unknown>]>([
  ['too long a title', { title: 'x'.repeat(201) }],
  ['no title', { title: '\u202e\u0000 ' }],
  ['the number of another competition', { id: 7 }],
  ['a time that no database knows', { createdAt: '0000-01-01T00:00:00.000Z' }],
  [
    'a phase that ends before it starts',
    { phases: [{ ...honest.phases[0], endsAt: '2025-01-01T00:00:00.000Z' }] },
  ],
  ['too many phases', { phases: Array.from({ length: 51 }, () => honest.phases[0]) }],
])('a signed entry with %s is skipped, and hides no other', async (_, changes) => {
  await read(once([await entry(1, changes, { competition: 1 }), await entry(2)]));
  expect(await titles()).toEqual(['Sepsis']);
  const [replica] = await home.context.database.queries.select().from(catalogueReplicas);
  expect(replica).toMatchObject({ skipped: 1, problem: null, cursor: 2 });
});

test('script stays text, and characters that mislead do not come in', async () => {
  const title = '<script>alert(1)</script>\u202egnp.exe\u0007\u200b';
  await read(once([await entry(1, { title })]));
  expect(await titles()).toEqual(['<script>alert(1)</script>gnp.exe']);
});

test('a date in the future does not keep it at the top', async () => {
  await read(once([await entry(1, { createdAt: '9999-01-01T00:00:00.000Z', title: 'Pushy' })]));
  const somebody = await home.person('somebody');
  const later = new Date(Date.now() + 60_000);
  const own = {
    title: 'Newer',
    createdBy: somebody.id,
    published: true,
    dockerImage: 'none',
    createdAt: later,
  };
  await home.context.database.queries.insert(competitions).values(own);
  expect(await titles()).toEqual(['Newer', 'Pushy']);
});

test('the last word about a competition counts', async () => {
  const entries = [await entry(1), await entry(2, { id: 1, title: 'Sepsis 2' }, { kind: 'change' })];
  await read(once(entries));
  expect(await titles()).toEqual(['Sepsis 2']);
});

test('a feed without end is read in parts, and not beyond what one peer may fill', async () => {
  const endless: Answer = async (after) => ({
    head: 1_000_000,
    cursorDigest: after === 0 ? null : digestOf((await memo(after)).signed),
    entries: [await memo(after + 1)],
    more: true,
  });
  const made = new Map<number, Promise<SignedEntry>>();
  const memo = (sequence: number) => {
    const known = made.get(sequence) ?? entry(sequence);
    made.set(sequence, known);
    return known;
  };
  await read(endless, { pages: 5, milliseconds: 60_000, competitions: 8 });
  expect(await titles()).toHaveLength(5);
  expect(await problem()).toBeNull();
  await read(endless, { pages: 5, milliseconds: 60_000, competitions: 8 });
  expect(await titles()).toHaveLength(8);
  expect(await problem()).toBe('too_many');
});

test.each<[string, Partial<CataloguePage>]>([
  ['more, and shows none', { entries: [], more: true }],
  ['an end before what it shows', { head: 0 }],
])('a hub that says that there is %s is refused', async (_, changes) => {
  await read(once([await entry(1)], changes));
  expect(await titles()).toEqual([]);
  expect(await problem()).toBe('order_wrong');
});

test('a hub that changes what it has said while it is read is left for the next time', async () => {
  const entries = [await entry(1)];
  await read(once(entries));
  await read((after) => ({
    head: after === 0 ? 5 : 0,
    cursorDigest: null,
    entries: after === 0 ? entries : [],
    more: after === 0,
  }));
  expect(await problem()).toBe('restarts');
  expect(await titles()).toEqual(['Sepsis']);
});
