import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { TestPerson } from '../../http/testing/test-hub.ts';
import { peerHealth } from '../peers/schema.ts';
import type { FederatedHub } from '../testing/federated-hub.ts';
import { peerSubmissions } from './schema.ts';
import { type Challenge, createTwoHubs, type TwoHubs } from './testing/two-hubs.ts';

let hubs: TwoHubs;
let home: FederatedHub;
let south: FederatedHub;
let challenge: Challenge;
let ana: TestPerson;
let ben: TestPerson;
beforeAll(async () => {
  hubs = await createTwoHubs();
  ({ home, south } = hubs);
  challenge = await hubs.competition();
  ana = await enrolled('ana');
  ben = await enrolled('ben');
});
afterAll(() => hubs[Symbol.asyncDispose]());
beforeEach(async () => {
  const { queries } = home.context.database;
  await queries.delete(peerHealth);
});

async function enrolled(name: string): Promise<TestPerson> {
  const person = await hubs.person(name);
  const { participation } = home.context;
  const { competition } = await participation.competition(person.actor, challenge);
  await participation.register(person.actor, { ...challenge, termsDigest: competition!.termsDigest });
  return person;
}

async function enter(person: TestPerson, name: string): Promise<number> {
  const resourceKey = await home.upload(person, 'submission', Buffer.from(name));
  const { participation } = home.context;
  const { id } = await participation.submissions.create(person.actor, { ...challenge, resourceKey, name });
  await participation.delivering.deliver(id, new AbortController().signal);
  return id;
}

/** As if home had been restored from a backup of before it. */
async function forget(...ids: number[]): Promise<void> {
  for (const id of ids)
    await home.context.database.queries.delete(peerSubmissions).where(eq(peerSubmissions.id, id));
}

async function recover(person: TestPerson): Promise<number> {
  const peer = await home.federation.directory.get(hubs.southAtHome);
  return home.context.participation.recovering.recover(person.id, peer);
}

const listed = async (person: TestPerson) =>
  (await home.context.participation.submissions.mine(person.actor, { hub: 'south', limit: 50 })).items;
const namesOf = async (person: TestPerson) =>
  (await listed(person)).map(({ name }) => name).toSorted((one, other) => one.localeCompare(other));

test('a home hub restored from a backup lists again what its people had entered, once, and as it is', async () => {
  const kept = await enter(ana, 'kept');
  const lost = [await enter(ana, 'lost 1'), await enter(ana, 'lost 2')];
  await enter(ben, 'of ben');
  const before = await listed(ana);
  await forget(...lost);

  // The person looks: what is found is listed.
  await listed(ana);
  await home.context.participation.recovering.settled();
  expect(await namesOf(ana)).toEqual(['kept', 'lost 1', 'lost 2']);
  expect(await namesOf(ben)).toEqual(['of ben']);
  await home.context.participation.following.follow(hubs.southAtHome);
  const after = await listed(ana);
  expect(after.map(({ submission }) => submission?.id).toSorted()).toEqual(
    before.map(({ submission }) => submission?.id).toSorted(),
  );
  expect(after.find(({ id }) => id === kept)).toMatchObject({ state: 'entered', name: 'kept' });
  const back = after.find(({ name }) => name === 'lost 1')!;
  expect(back).toMatchObject({ state: 'entered', submission: { status: 'Submitted', owner: 'ana@home' } });

  expect(await recover(ana)).toBe(0);
  expect(await namesOf(ana)).toEqual(['kept', 'lost 1', 'lost 2']);

  // It goes on as any other; only its files are not here to be sent again.
  const { submissions } = home.context.participation;
  expect(await submissions.edit(ana.actor, back.id, { name: 'renamed' })).toMatchObject({ name: 'renamed' });
  await expect(submissions.again(ana.actor, back.id)).rejects.toMatchObject({ code: 'files_missing' });
});

test('a peer that names submissions of others, of another hub or of nobody is not believed', async () => {
  const [mine, theirs] = [await enter(ana, 'mine'), await enter(ben, 'theirs')];
  const { entered } = south.context.participation;
  const whole = entered.records.bind(entered);
  const person = async (name: TestPerson) => ({
    assertion: await home.context.identity.assertionFor(name, hubs.southAtHome, 'submit'),
    after: 0,
  });
  const peer = await south.federation.directory.get(hubs.homeAtSouth);
  const ofBen = await whole(peer, await person(ben));
  const ofAna = await whole(peer, await person(ana));
  await forget(mine, theirs);
  const namedBefore = await namesOf(ana);
  const lie = (answer: typeof ofAna) =>
    vi.spyOn(entered, 'records').mockResolvedValueOnce(answer) && recover(ana);

  const invented = { ...ofAna.records.at(-1)!, key: crypto.randomUUID() };
  expect(await lie({ records: ofBen.records, more: false })).toBe(0);
  expect(await lie({ records: [invented], more: false })).toBe(0);
  await expect(lie({ records: ofAna.records.toReversed(), more: false })).rejects.toMatchObject({
    code: 'peer_answer_invalid',
  });
  // Asked for again and again, it is told once that there are more.
  expect(await lie({ records: [], more: true })).toBe(0);
  vi.restoreAllMocks();
  expect(await namesOf(ana)).toEqual(namedBefore);
  expect(await recover(ana)).toBe(1);
  expect(await namesOf(ana)).toEqual(
    [...namedBefore, 'mine'].toSorted((one, other) => one.localeCompare(other)),
  );
});

test('of whoever does not agree any more that the peer is told, nothing is asked', async () => {
  const eve = await enrolled('eve');
  await forget(await enter(eve, 'of eve'));
  await home.context.identity.agreements.withdraw(eve.actor, hubs.southAtHome);
  await expect(recover(eve)).rejects.toMatchObject({ code: 'consent_missing' });
  expect(await namesOf(eve)).toEqual([]);
});
