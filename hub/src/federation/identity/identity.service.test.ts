import { createHash, randomBytes } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { decodeJwt, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Attribute } from '../../accounts/attributes.ts';
import { sessions, users } from '../../accounts/schema.ts';
import type { TestPerson } from '../../http/testing/test-hub.ts';
import { readHubDocument, writeHubDocument } from '../hub-document.ts';
import type { KnownPeer } from '../peers/directory.ts';
import { peers } from '../peers/schema.ts';
import { befriend, createFederatedHub, type FederatedHub } from '../testing/federated-hub.ts';
import { signAssertion } from './assertion.ts';
import { PURPOSES, SHARES } from './model.ts';

let north: FederatedHub;
let south: FederatedHub;
let east: FederatedHub;
let southAtNorth: number;
let eastAtNorth: number;
let northAtSouth: KnownPeer;
let eastAtSouth: KnownPeer;
let ana: TestPerson;

beforeAll(async () => {
  [north, south, east] = (await Promise.all(
    ['north', 'south', 'east'].map((name) => createFederatedHub(name)),
  )) as [FederatedHub, FederatedHub, FederatedHub];
  const ns = await befriend(north, south);
  const es = await befriend(east, south);
  const ne = await befriend(north, east);
  southAtNorth = ns.otherAtOne;
  eastAtNorth = ne.otherAtOne;
  northAtSouth = await south.federation.directory.get(ns.oneAtOther);
  eastAtSouth = await south.federation.directory.get(es.oneAtOther);
  ana = await north.person('ana');
  await agree(ana, southAtNorth);
});
afterAll(() => Promise.all([north, south, east].map((hub) => hub[Symbol.asyncDispose]())));

const everything = { purposes: PURPOSES, shares: SHARES, subjectKind: 'pairwise' } as const;
const agree = (person: TestPerson, peerId: number, change: object = {}) =>
  north.context.identity.agreements.give(person.actor, peerId, { ...everything, ...change });
const say = (person: TestPerson, purpose: (typeof PURPOSES)[number] = 'register') =>
  north.context.identity.assertionFor(person, southAtNorth, purpose);
const hear = (assertion: string, peer = northAtSouth) =>
  south.context.identity.accountOf(peer, assertion, ['register', 'submit']);
const reason = (code: string) => expect.objectContaining({ code });

test('a peer gives somebody an account of theirs, the same one each time, shown with the hub they are of', async () => {
  const first = await hear(await say(ana));
  expect(first.user).toMatchObject({ username: 'ana@north', isAdmin: false, isRobot: false });
  expect(await south.context.accounts.profile(first.actor)).toMatchObject({ hasPassword: false });
  expect((await hear(await say(ana, 'submit'))).user.id).toBe(first.user.id);
});

test('many first assertions at one moment make one account', async () => {
  const person = await north.person('busy');
  await agree(person, southAtNorth);
  const assertions = await Promise.all(Array.from({ length: 8 }, () => say(person)));
  const accounts = await Promise.all(assertions.map((assertion) => hear(assertion)));
  expect(new Set(accounts.map(({ user }) => user.id)).size).toBe(1);
});

test('nothing is said without consent, nor for what was not agreed to, nor to another hub', async () => {
  const person = await north.person('shy');
  await expect(say(person)).rejects.toEqual(reason('consent_missing'));
  await agree(person, southAtNorth, { purposes: ['register'] });
  await say(person);
  await expect(say(person, 'submit')).rejects.toEqual(reason('consent_missing'));
  await expect(north.context.identity.assertionFor(person, eastAtNorth, 'register')).rejects.toEqual(
    reason('consent_missing'),
  );
});

test('what is vouched for is said as far as the person shares it, and while it is valid', async () => {
  const person = await north.person('clinician');
  const vouched = (name: string, value: string, days: number): Attribute => ({
    name,
    value,
    source: 'https://idp.example',
    until: new Date(Date.now() + days * 86_400_000).toISOString(),
  });
  const attributes = [
    vouched('email_domain', 'hospital.example', 1),
    vouched('orcid', '0000-0002-1825-0097', 1),
    vouched('affiliation', 'member@hospital.example', -1),
  ];
  await north.context.database.queries.update(users).set({ attributes }).where(eq(users.id, person.id));
  await agree(person, southAtNorth, { shares: ['email_domain', 'affiliation'] });
  const { user } = await hear(await say(person));
  const [account] = await south.context.database.queries.select().from(users).where(eq(users.id, user.id));
  expect(account?.attributes).toEqual([attributes[0]]);
});

test('a pairwise subject tells hubs apart, a public one is the same everywhere', async () => {
  const subjects = async (subjectKind: string) => {
    const said = [];
    for (const peer of [southAtNorth, eastAtNorth]) {
      await agree(ana, peer, { subjectKind });
      said.push(decodeJwt(await north.context.identity.assertionFor(ana, peer, 'register')).sub);
    }
    return new Set(said).size;
  };
  expect(await subjects('public')).toBe(1);
  expect(await subjects('pairwise')).toBe(2);
});

describe('the end of trust in a hub', () => {
  /** What a session of theirs, made before, is worth. */
  async function signedIn(username: string) {
    const person = await north.person(username);
    await agree(person, southAtNorth);
    const { user } = await hear(await say(person));
    const { queries } = south.context.database;
    const idHash = randomBytes(8).toString('hex');
    await queries
      .insert(sessions)
      .values({ idHash, userId: user.id, expiresAt: new Date(Date.now() + 60_000) });
    const isSignedIn = async () =>
      (await queries.select().from(sessions).where(eq(sessions.idHash, idHash))).length > 0;
    expect(await isSignedIn()).toBe(true);
    return { person, isSignedIn };
  }
  const back = () =>
    south.context.database.queries
      .update(peers)
      .set({ state: 'active', claimedChain: null })
      .where(eq(peers.id, northAtSouth.id));

  test.each(['revoke', 'block'] as const)('%s: nobody of it stays signed in', async (decision) => {
    const { isSignedIn } = await signedIn(`guest-${decision}`);
    const { actor } = await south.person(`admin-${decision}`, { isAdmin: true });
    await south.federation.administration[decision](actor, northAtSouth.id);
    expect(await isSignedIn()).toBe(false);
    await back();
    await north.context.database.queries
      .update(peers)
      .set({ state: 'active' })
      .where(eq(peers.id, southAtNorth));
  });

  test('the other hub ends it: the same', async () => {
    const { person, isSignedIn } = await signedIn('guest-told');
    await south.federation.relations.learn(northAtSouth, { state: 'revoked', scopes: [] });
    expect(await isSignedIn()).toBe(false);
    await back();
    // What is said once they are peers again lets them in again.
    await hear(await say(person));
  });

  test('it shows keys of somebody else: the same', async () => {
    const { isSignedIn } = await signedIn('guest-rekeyed');
    const { body, signature } = writeHubDocument({
      keys: east.context.keys,
      name: 'north',
      address: north.address,
    });
    await south.federation.directory.follow(northAtSouth, readHubDocument({ body, signature }));
    expect(await isSignedIn()).toBe(false);
    await back();
  });
});

describe('is not taken:', () => {
  test('an assertion that was used', async () => {
    const assertion = await say(ana);
    await hear(assertion);
    await expect(hear(assertion)).rejects.toEqual(reason('assertion_replayed'));
  });

  test('one of two that come at the same moment', async () => {
    const assertion = await say(ana);
    const outcomes = await Promise.allSettled([hear(assertion), hear(assertion), hear(assertion)]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('one for another hub', async () => {
    const forEast = await north.context.identity.assertionFor(ana, eastAtNorth, 'register');
    await expect(hear(forEast)).rejects.toEqual(reason('assertion_audience_wrong'));
  });

  test('one of another hub, handed on', async () => {
    await expect(hear(await say(ana), eastAtSouth)).rejects.toEqual(reason('assertion_issuer_wrong'));
  });

  test('one for another purpose', async () => {
    await expect(hear(await say(ana, 'sign_in'))).rejects.toEqual(reason('assertion_purpose_wrong'));
  });

  test('one that was changed', async () => {
    const [header, , signature] = (await say(ana)).split('.');
    const claims = { ...decodeJwt(await say(ana)), usr: 'root' };
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    await expect(hear(`${header}.${body}.${signature}`)).rejects.toEqual(
      reason('assertion_signature_invalid'),
    );
  });

  test('one signed by a hub that says it is another', async () => {
    const claims = decodeJwt(await say(ana));
    const { key } = east.context.keys.signing;
    const forge = (kid: string) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', typ: 'weir-assertion+jwt', kid }).sign(key);
    await expect(hear(await forge(north.context.keys.signing.id))).rejects.toEqual(
      reason('assertion_signature_invalid'),
    );
    await expect(hear(await forge(east.context.keys.signing.id))).rejects.toEqual(
      reason('assertion_key_unknown'),
    );
  });

  test('one of another kind of token, or none at all', async () => {
    const call = await new SignJWT(decodeJwt(await say(ana)))
      .setProtectedHeader({ alg: 'EdDSA', typ: 'weir-call+jwt', kid: north.context.keys.signing.id })
      .sign(north.context.keys.signing.key);
    for (const token of [call, 'nonsense', '', 'a'.repeat(100_000)])
      await expect(hear(token)).rejects.toEqual(reason('assertion_unreadable'));
  });

  test.each([
    ['old', Date.now() - 3_600_000],
    ['of the future', Date.now() + 3_600_000],
  ])('one that is %s', async (_when, at) => {
    const { iss: _iss, iat: _iat, exp: _exp, jti: _jti, ...claims } = decodeJwt(await say(ana));
    const assertion = await signAssertion(
      north.context.keys,
      claims as Parameters<typeof signAssertion>[1],
      at,
    );
    await expect(hear(assertion)).rejects.toEqual(reason('assertion_expired'));
  });

  test('one of a hub that may not let people take part, or is paused', async () => {
    const [listed, paused] = [
      { ...northAtSouth, scopesGiven: ['list' as const] },
      { ...northAtSouth, state: 'paused' as const },
    ];
    await expect(hear(await say(ana), listed)).rejects.toEqual(reason('peer_may_not_register'));
    await expect(hear(await say(ana), paused)).rejects.toEqual(reason('peer_may_not_register'));
  });
});

describe('nobody is taken for somebody else:', () => {
  const assert = (hub: FederatedHub, change: object) =>
    signAssertion(hub.context.keys, {
      aud: south.context.keys.rootId,
      sub: 'the-very-same-subject',
      pur: 'register',
      usr: 'joe',
      dsp: '',
      att: [],
      con: { purposes: ['register'], givenAt: new Date().toISOString() },
      ...change,
    });

  test('the same subject and name at two hubs are two people', async () => {
    const ofNorth = await hear(await assert(north, {}));
    const ofEast = await hear(await assert(east, {}), eastAtSouth);
    expect(ofEast.user.id).not.toBe(ofNorth.user.id);
    expect([ofNorth.user.username, ofEast.user.username]).toEqual(['joe@north', 'joe@east']);
  });

  test('the same name of two people of one hub', async () => {
    const first = await hear(await assert(north, { sub: 'somebody-of-this-name', usr: 'sam' }));
    const second = await hear(await assert(north, { sub: 'another-of-this-name', usr: 'sam' }));
    expect([first.user.username, second.user.username]).toEqual(['sam@north', 'sam-2@north']);
  });

  test('somebody here with the same name', async () => {
    const local = await south.person('joan');
    const { user } = await hear(await assert(north, { sub: 'joan-of-the-north-hub', usr: 'joan' }));
    expect(user.id).not.toBe(local.id);
  });

  test('nobody here can have a name, shown or not, like those of other hubs', async () => {
    const { accounts } = south.context;
    const register = { username: 'ana@north', email: 'x@example.org', password: 'a long password' };
    await expect(accounts.register(register, '127.0.0.1')).rejects.toEqual(reason('invalid_account'));
    const local = await south.person('mimic');
    await expect(accounts.updateProfile(local.actor, { displayName: 'Ana @north' })).rejects.toEqual(
      reason('invalid_account'),
    );
  });

  test('a display name of another hub always says so, in one line', async () => {
    const dsp = 'Admin\u202e @south\n';
    const { user } = await hear(
      await assert(north, { sub: 'somebody-with-a-display-name', usr: 'tricky', dsp }),
    );
    const [account] = await south.context.database.queries.select().from(users).where(eq(users.id, user.id));
    expect(account?.displayName).toBe('Admin south @north');
  });
});

describe('either side ends it:', () => {
  test('what is withdrawn at home is said no more, and the peer forgets it as soon as it is told', async () => {
    const person = await north.person('leaver');
    await agree(person, southAtNorth);
    const kept = await say(person);
    const { user } = await hear(await say(person));
    const cookie = await south.context.accounts.sessions.start(user.id);

    await north.context.identity.agreements.withdraw(person.actor, southAtNorth);
    await expect(say(person)).rejects.toEqual(reason('consent_missing'));
    await north.context.identity.tend();
    expect(await south.context.accounts.sessions.resume(cookie.split(';', 1)[0]!)).toBeNull();
    await expect(hear(kept)).rejects.toEqual(reason('consent_withdrawn'));
    const [ended] = await north.context.identity.agreements.list(person.actor);
    expect(ended).toMatchObject({ isWithdrawn: true, peerToldAt: expect.any(Date) });

    await agree(person, southAtNorth);
    expect((await hear(await say(person))).user.id).toBe(user.id);
  });

  test('a hub that cannot be reached is told later', async () => {
    const person = await north.person('patient');
    const gone = await createFederatedHub('gone');
    const { otherAtOne } = await befriend(north, gone);
    await gone[Symbol.asyncDispose]();
    await agree(person, otherAtOne);
    await north.context.identity.agreements.withdraw(person.actor, otherAtOne);
    await north.context.identity.tend();
    expect((await north.context.identity.agreements.list(person.actor))[0]?.peerToldAt).toBeNull();
  });

  test('an administrator of the peer lets somebody in no more, and again', async () => {
    const admin = await south.person('warden', { isAdmin: true });
    const person = await north.person('rowdy');
    await agree(person, southAtNorth);
    const { user } = await hear(await say(person));
    await south.context.identity.setSuspended(admin.actor, user.id, true);
    await expect(hear(await say(person))).rejects.toEqual(reason('person_suspended'));
    await south.context.identity.setSuspended(admin.actor, user.id, false);
    expect((await hear(await say(person))).user.id).toBe(user.id);
  });

  test('somebody who is here from elsewhere is not vouched for from here', async () => {
    const { actor, user } = await hear(await say(ana));
    expect(actor).toMatchObject({ via: 'peer' });
    await expect(south.context.identity.assertionFor(user, eastAtSouth.id, 'register')).rejects.toEqual(
      reason('consent_missing'),
    );
  });
});

describe('a code of a sign-in', () => {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const codeFor = async (rootId = south.context.keys.rootId) => {
    const to = await north.context.identity.codes.issue(ana.actor, { rootId, state: 'a state', challenge });
    expect(to.startsWith(`${south.address}/sign-in/hub/return?`)).toBe(true);
    return new URL(to).searchParams.get('code')!;
  };
  const redeem = (hub: FederatedHub, northId: number, code: string, secret = verifier) =>
    hub.federation.peers
      .client(northId)
      .call(z.object({ assertion: z.string() }), (home) =>
        home.identity.redeem.mutate({ code, verifier: secret, nonce: 'a nonce' }),
      );

  test('becomes an assertion once, for the sign-in that it was asked for', async () => {
    const code = await codeFor();
    const { assertion } = await redeem(south, northAtSouth.id, code);
    const other = south.context.identity.accountOf(northAtSouth, assertion, ['sign_in'], { nonce: 'other' });
    await expect(other).rejects.toEqual(reason('assertion_nonce_wrong'));
    const { user } = await south.context.identity.accountOf(northAtSouth, assertion, ['sign_in'], {
      nonce: 'a nonce',
    });
    expect(user.username).toBe('ana@north');
    await expect(redeem(south, northAtSouth.id, code)).rejects.toMatchObject({
      refusal: 'sign_in_code_invalid',
    });
  });

  test('is of no use to another hub, nor without its secret', async () => {
    const [northAtEast] = (await east.federation.directory.list()).filter(({ name }) => name === 'north');
    await expect(redeem(east, northAtEast!.id, await codeFor())).rejects.toMatchObject({
      refusal: 'sign_in_code_invalid',
    });
    const wrong = randomBytes(32).toString('base64url');
    await expect(redeem(south, northAtSouth.id, await codeFor(), wrong)).rejects.toMatchObject({
      refusal: 'sign_in_code_invalid',
    });
  });

  test('is not made for a hub that is no peer', async () => {
    await expect(codeFor(`sha256:${'0'.repeat(64)}`)).rejects.toEqual(reason('peer_missing'));
  });
});
