import { eq, sql } from 'drizzle-orm';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { anonymous } from '../../accounts/access.ts';
import { competitions, participants } from '../../competitions/schema.ts';
import { peerHealth, peers } from '../peers/schema.ts';
import { peerAcceptances, peerReadings } from './schema.ts';
import { type Challenge, createTwoHubs, type TwoHubs } from './testing/two-hubs.ts';
import { signAcceptance } from './wire/acceptance.ts';

let hubs: TwoHubs;
let challenge: Challenge;
beforeAll(async () => {
  hubs = await createTwoHubs();
  const page = '<p onclick="steal()">Welcome<script>steal()</script></p>';
  challenge = await hubs.competition({ page, settings: { title: 'Sep\u202esis', description: 'a\u0007b' } });
});
afterAll(() => hubs[Symbol.asyncDispose]());

const read = (which: Challenge = challenge) => hubs.home.context.participation.competition(anonymous, which);
const board = (which: Challenge = challenge) =>
  hubs.home.context.participation.board(anonymous, { hub: which.hub, id: which.id, phaseId: which.phaseId });
const reason = (code: string) => expect.objectContaining({ code });
/** As if nobody had read or called for a while. */
async function forget(): Promise<void> {
  const { queries } = hubs.home.context.database;
  await queries.update(peerReadings).set({ readAt: sql`${peerReadings.readAt} - interval '1 hour'` });
  await queries.delete(peerHealth);
}

describe('reading', () => {
  test('a peer’s competition is read whole, and nothing of it is trusted', async () => {
    const { competition, asOf, problem } = await read();
    expect(competition).toMatchObject({
      title: 'Sepsis',
      description: 'ab',
      pages: [{ title: 'Overview', html: '<p>Welcome</p>' }],
      termsHtml: '<p>Be honest.</p>',
      phases: [{ id: challenge.phaseId, name: 'Main', tasks: [{ name: 'Task 0' }] }],
      canManage: false,
      my: null,
    });
    expect(competition).not.toHaveProperty('termsSource');
    expect([asOf instanceof Date, problem]).toEqual([true, null]);
    expect((await board()).content).toMatchObject({ phaseId: challenge.phaseId, rows: [], total: 0 });
  });

  test('many readers at one moment are one call', async () => {
    await read();
    await forget();
    const before = await calls();
    await Promise.all(Array.from({ length: 10 }, () => read()));
    expect((await calls()) - before).toBe(1);
  });

  test('what changes there is seen here', async () => {
    const other = await hubs.competition();
    await read(other);
    await hubs.south.context.database.queries
      .update(competitions)
      .set({ description: 'New' })
      .where(eq(competitions.id, other.id));
    await forget();
    expect((await read(other)).competition?.description).toBe('New');
  });

  test('only what is listed for this hub', async () => {
    const hidden = await hubs.competition();
    await read(hidden);
    const { catalogue } = hubs.south.context;
    const organizer = await hubs.south.person('organizer', { isAdmin: true });
    await catalogue.setAudience(organizer.actor, hidden.id, { visibility: 'none', hubs: [] });
    const south = hubs.home.federation.peers.client(hubs.southAtHome);
    for (const ask of [
      () =>
        south.call(z.unknown(), (hub) => hub.participation.competition.query({ competitionId: hidden.id })),
      () => south.call(z.unknown(), (hub) => hub.participation.board.query({ phaseId: hidden.phaseId })),
    ])
      await expect(ask()).rejects.toMatchObject({ code: 'peer_refused' });
  });

  test.each([
    ['of another competition', { id: 999 }],
    ['with a title that is none', { title: 7 }],
    ['too large', { description: 'a'.repeat(5_000_000) }],
  ])('an answer %s is not taken: what was read before stays', async (_what, change) => {
    await forget();
    const { guests } = hubs.south.context.participation;
    const { competition: honest } = guests;
    Object.assign(guests, {
      competition: async (...args: Parameters<typeof honest>) => ({
        ...(await honest.apply(guests, args)),
        ...change,
      }),
    });
    const { competition, problem } = await read();
    expect(competition?.title).toBe('Sepsis');
    expect(problem).not.toBeNull();
    Object.assign(guests, { competition: honest });
  });
});

describe('registering', () => {
  const termsDigest = async () => (await read()).competition!.termsDigest;
  const participation = () => hubs.home.context.participation;

  test('the terms are accepted at the peer, with what the home hub signed', async () => {
    const ana = await hubs.person('ana');
    const request = { ...challenge, termsDigest: await termsDigest() };
    expect(await participation().register(ana.actor, request)).toEqual({ status: 'approved' });
    const { queries } = hubs.south.context.database;
    const [kept] = await queries.select().from(peerAcceptances);
    expect(kept).toMatchObject({ competitionId: challenge.id, termsDigest: request.termsDigest });
    expect(decodeJwt(kept!.statement)).toMatchObject({
      iss: hubs.home.context.keys.rootId,
      aud: hubs.south.context.keys.rootId,
      cmp: challenge.id,
      trm: request.termsDigest,
    });
    // An answer that was lost: the same once more.
    await participation().register(ana.actor, request);
    expect(await queries.$count(participants, eq(participants.competitionId, challenge.id))).toBe(1);
    const mine = await participation().mine(ana.actor, challenge);
    expect(mine.standing).toMatchObject({
      status: 'approved',
      acceptedTermsVersion: 1,
      allowances: [{ phaseId: challenge.phaseId, can: true, usedToday: 0 }],
    });
  });

  test('not without having agreed that the peer is told who it is', async () => {
    const shy = await hubs.home.person('shy');
    const request = { ...challenge, termsDigest: await termsDigest() };
    await expect(participation().register(shy.actor, request)).rejects.toEqual(reason('consent_missing'));
    expect(await participation().mine(shy.actor, challenge)).toMatchObject({
      agreement: null,
      standing: null,
    });
  });

  test('not to terms that have changed since, at home or on the way', async () => {
    const late = await hubs.person('late');
    const old = { ...challenge, termsDigest: await termsDigest() };
    await hubs.south.context.database.queries
      .update(competitions)
      .set({ termsHtml: '<p>Pay.</p>', termsVersion: 2 })
      .where(eq(competitions.id, challenge.id));
    await expect(participation().register(late.actor, old)).rejects.toMatchObject({
      refusal: 'terms_changed',
    });
    await forget();
    await expect(participation().register(late.actor, old)).rejects.toEqual(reason('terms_changed'));
    await participation().register(late.actor, { ...challenge, termsDigest: await termsDigest() });
  });

  test('not with a statement about somebody or something else', async () => {
    const eve = await hubs.person('eve');
    const { keys, identity } = hubs.home.context;
    const digest = await termsDigest();
    const right = { aud: hubs.south.context.keys.rootId, cmp: challenge.id, ver: 2, trm: digest };
    const attempt = async (change: object, signer = keys) => {
      const assertion = await identity.assertionFor(eve, hubs.southAtHome, 'register');
      const sub = decodeJwt(assertion).sub!;
      const statement = await signAcceptance(signer, { ...right, sub, ...change });
      return hubs.home.federation.peers
        .client(hubs.southAtHome)
        .call(z.unknown(), (hub) =>
          hub.participation.register.mutate({ competitionId: challenge.id, assertion, statement }),
        );
    };
    await expect(attempt({ sub: 'somebody-else-entirely' })).rejects.toMatchObject({
      refusal: 'acceptance_refused',
    });
    await expect(attempt({ aud: keys.rootId })).rejects.toMatchObject({ refusal: 'acceptance_refused' });
    await expect(attempt({ cmp: 999 })).rejects.toMatchObject({ refusal: 'terms_changed' });
    await expect(attempt({}, hubs.south.context.keys)).rejects.toMatchObject({
      refusal: 'acceptance_refused',
    });
    await attempt({});
  });

  test('leaving, and asking again', async () => {
    const gone = await hubs.person('gone');
    const request = { ...challenge, termsDigest: await termsDigest() };
    await participation().register(gone.actor, request);
    await participation().leave(gone.actor, challenge);
    expect((await participation().mine(gone.actor, challenge)).standing?.status).toBeNull();
    expect((await participation().register(gone.actor, request)).status).toBe('approved');
  });

  test('only while the peer lets this hub', async () => {
    const kept = await hubs.person('kept');
    const request = { ...challenge, termsDigest: await termsDigest() };
    const { queries } = hubs.south.context.database;
    const setScopes = (scopesGiven: ('list' | 'register')[]) =>
      queries.update(peers).set({ scopesGiven }).where(eq(peers.id, hubs.homeAtSouth));
    await setScopes(['list']);
    await expect(participation().register(kept.actor, request)).rejects.toMatchObject({
      refusal: 'scope_missing',
    });
    await forget();
    await setScopes(['register']);
    expect((await read()).problem).toMatch(/^south answers “.+”$/);
    await setScopes(['list', 'register']);
    await participation().register(kept.actor, request);
  });
});

describe('while the peer is down', () => {
  test('what was read is shown, with its age and why', async () => {
    const ana = await hubs.person('nora');
    await forget();
    await hubs.home.context.participation.register(ana.actor, {
      ...challenge,
      termsDigest: (await read()).competition!.termsDigest,
    });
    await board();
    await hubs.south.app.close();
    await forget();
    const { competition, asOf, problem } = await read();
    expect(competition?.pages[0]?.html).toBe('<p>Welcome</p>');
    expect([asOf!.getTime() < Date.now() - 1_000_000, problem]).toEqual([true, expect.any(String)]);
    expect(await board()).toMatchObject({ content: { total: 0 }, problem: expect.any(String) });
    const { standing } = await hubs.home.context.participation.mine(ana.actor, challenge);
    expect(standing).toMatchObject({ status: 'approved', allowances: null, problem: expect.any(String) });
    await expect(
      hubs.home.context.participation.register(ana.actor, {
        ...challenge,
        termsDigest: `sha256:${'0'.repeat(64)}`,
      }),
    ).rejects.toEqual(reason('terms_changed'));
  });
});

async function calls(): Promise<number> {
  const { guests } = hubs.south.context.participation;
  return count(guests);
}

const counted = new WeakMap<object, { n: number }>();
function count(guests: TwoHubs['south']['context']['participation']['guests']): number {
  let known = counted.get(guests);
  if (!known) {
    const tally = { n: 0 };
    known = tally;
    counted.set(guests, tally);
    const { competition } = guests;
    Object.assign(guests, {
      competition: (...args: Parameters<typeof competition>) => {
        tally.n += 1;
        return competition.apply(guests, args);
      },
    });
  }
  return known.n;
}
