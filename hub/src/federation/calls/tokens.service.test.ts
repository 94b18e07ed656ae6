import { createPublicKey } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SigningKey } from '../../keys/ring.ts';
import { writeHubDocument } from '../hub-document.ts';
import { peers } from '../peers/schema.ts';
import { federationRouter } from '../router.ts';
import {
  befriend,
  createAnotherProcess,
  createFederatedHub,
  type FederatedHub,
} from '../testing/federated-hub.ts';
import { INTRODUCTION } from '../trpc.ts';
import { bodyDigest, signCall } from './token.ts';

const PROCEDURES = Object.keys(federationRouter._def.procedures);

/** North calls; south and west are two of its peers; `southToo` is another process of south. */
let north: FederatedHub;
let south: FederatedHub;
let southToo: FederatedHub;
let west: FederatedHub;
beforeAll(async () => {
  [north, south, west] = [
    await createFederatedHub('north'),
    await createFederatedHub('south'),
    await createFederatedHub('west'),
  ];
  await befriend(north, south);
  await befriend(north, west);
  await befriend(south, west);
  southToo = await createAnotherProcess(south);
  await setRate(1_000_000);
});
afterAll(async () => {
  for (const hub of [southToo, north, south, west]) await hub[Symbol.asyncDispose]();
});

async function setRate(callsPerMinute: number) {
  await south.context.database.queries.update(peers).set({ callsPerMinute });
}

/** Well-formed for the one procedure that reads its body before it knows the caller; for the others it is never looked at. */
function anyBody(): string {
  const own = { keys: north.context.keys, name: 'north', address: north.address };
  return JSON.stringify({ secret: 'A'.repeat(43), document: writeHubDocument(own), scopes: [] });
}

interface Signed {
  readonly procedure?: string;
  readonly body?: string;
  readonly audience?: FederatedHub;
  readonly signing?: SigningKey;
  readonly at?: number;
}

function sign({ procedure = 'hub.describe', body = '{}', audience = south, signing, at }: Signed = {}) {
  const { keys } = north.context;
  const call = { audience: audience.context.keys.rootId, procedure, body, protocol: 1 };
  return signCall({ signing: signing ?? keys.signing, rootId: keys.rootId }, call, at ?? Date.now());
}

interface Answer {
  readonly reason: string | null;
  readonly message: string;
}

async function present(token: string, at: FederatedHub, procedure: string, body = '{}'): Promise<Answer> {
  const response = await fetch(`${at.address}/federation/trpc/${procedure}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body,
  });
  const { error } = (await response.json()) as { error?: { data: { reason: string }; message: string } };
  return { reason: error?.data.reason ?? null, message: error?.message ?? '' };
}

describe.each(PROCEDURES)('a token for %s', (procedure) => {
  test('is good for no other procedure', async () => {
    const body = anyBody();
    const token = await sign({ procedure, body });
    for (const other of PROCEDURES.filter((path) => path !== procedure))
      expect(await present(token, south, other, body), other).toMatchObject({ reason: 'procedure_wrong' });
  });

  test('is good at no other hub', async () => {
    const body = anyBody();
    const token = await sign({ procedure, body });
    expect(await present(token, west, procedure, body)).toMatchObject({ reason: 'audience_wrong' });
    const own = await present(token, north, procedure, body);
    expect(own).toMatchObject({ reason: procedure === INTRODUCTION ? 'audience_wrong' : 'peer_unknown' });
  });

  test('is good once, whichever process gets it', async () => {
    const token = await sign({ procedure });
    const first = await present(token, south, procedure);
    expect(first.reason).not.toBe('token_replayed');
    // An introduction without an invitation is nothing that could be done twice.
    if (procedure === INTRODUCTION) return;
    expect(await present(token, southToo, procedure)).toMatchObject({ reason: 'token_replayed' });
    expect(await present(token, south, procedure)).toMatchObject({ reason: 'token_replayed' });
    await using restarted = await createAnotherProcess(south);
    expect(await present(token, restarted, procedure)).toMatchObject({ reason: 'token_replayed' });
  });
});

test('of one token that comes to two processes at the same moment many times, one call is taken', async () => {
  const token = await sign();
  const calls = Array.from({ length: 20 }, (_, place) =>
    present(token, place % 2 === 0 ? south : southToo, 'hub.describe'),
  );
  const reasons = (await Promise.all(calls)).map(({ reason }) => reason);
  expect(reasons.filter((reason) => reason === null)).toHaveLength(1);
  expect(reasons.filter((reason) => reason === 'token_replayed')).toHaveLength(19);
});

describe('time', () => {
  test.each([25, -85])('a clock that is %d s off is taken', async (seconds) => {
    const token = await sign({ at: Date.now() + seconds * 1_000 });
    expect(await present(token, south, 'hub.describe')).toMatchObject({ reason: null });
  });

  test.each([45, -95])('one that is %d s off is refused with the time here', async (seconds) => {
    const token = await sign({ at: Date.now() + seconds * 1_000 });
    const { reason, message } = await present(token, south, 'hub.describe');
    expect(reason).toBe('clock_skewed');
    const here = /here it is (\S+Z)/.exec(message)?.[1];
    expect(Math.abs(Date.parse(here!) - Date.now())).toBeLessThan(60_000);
  });
});

describe('a forged token', () => {
  interface Forged {
    readonly claims?: Record<string, unknown>;
    readonly header?: Record<string, unknown>;
    readonly key?: Parameters<SignJWT['sign']>[0];
  }

  async function forge({ claims, header, key }: Forged): Promise<string> {
    const { signing, rootId } = north.context.keys;
    const now = Math.floor(Date.now() / 1_000);
    const content = {
      iss: rootId,
      aud: south.context.keys.rootId,
      iat: now,
      exp: now + 60,
      jti: crypto.randomUUID(),
      prc: 'hub.describe',
      bod: bodyDigest('{}'),
      ver: 1,
    };
    return new SignJWT({ ...content, ...claims })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'weir-call+jwt', kid: signing.id, ...header })
      .sign(key ?? signing.key);
  }

  const now = () => Math.floor(Date.now() / 1_000);
  test.each<[string, string, () => Forged]>([
    [
      'signed by another peer in its name',
      'signature_invalid',
      () => ({ key: west.context.keys.signing.key }),
    ],
    ['with the key of another peer', 'key_unknown', () => otherKey()],
    ['of another peer with its key', 'key_unknown', () => ({ claims: { iss: west.context.keys.rootId } })],
    ['of a hub that nobody knows', 'peer_unknown', () => ({ claims: { iss: `sha256:${'1'.repeat(64)}` } })],
    ['that lives too long', 'life_too_long', () => ({ claims: { exp: now() + 61 } })],
    ['that ended before it began', 'life_too_long', () => ({ claims: { exp: now() - 1 } })],
    ['with the public key as a secret', 'token_unreadable', () => publicAsSecret()],
    ['of another kind', 'token_unreadable', () => ({ header: { typ: 'weir-assertion+jwt' } })],
    ['without a number', 'token_unreadable', () => ({ claims: { jti: '' } })],
    ['with times that are none', 'token_unreadable', () => ({ claims: { iat: 1e300 } })],
    ['for several hubs', 'token_unreadable', () => ({ claims: { aud: [south.context.keys.rootId] } })],
    ['that brings its own key', 'signature_invalid', () => ownKey()],
  ])('%s', async (_, reason, change) => {
    expect(await present(await forge(change()), south, 'hub.describe')).toMatchObject({ reason });
  });

  const otherKey = () => ({
    header: { kid: west.context.keys.signing.id },
    key: west.context.keys.signing.key,
  });
  const publicAsSecret = () => ({
    header: { alg: 'HS256' },
    key: Buffer.from(north.context.keys.chain[0]!.publicKey, 'base64'),
  });
  const ownKey = () => {
    const { key } = west.context.keys.signing;
    return { header: { jwk: createPublicKey(key).export({ format: 'jwk' }) }, key };
  };

  test('is not taken, and the next true one is', async () => {
    expect(await present(await forge({}), south, 'hub.describe')).toMatchObject({ reason: null });
  });
});

describe('a rotation in flight', () => {
  test('calls signed by the key before hold for its grace, and not once it is ended', async () => {
    const before = north.context.keys.signing;
    const chainAtSouth = async () =>
      (await south.federation.directory.findByRoot(north.context.keys.rootId))!.chain;
    await north.context.keys.rotate();
    expect(await present(await sign({ signing: before }), south, 'hub.describe')).toMatchObject({
      reason: null,
    });

    // The first call with the new key has south read the chain.
    expect(await present(await sign(), south, 'hub.describe')).toMatchObject({ reason: null });
    expect((await chainAtSouth()).at(-1)!.id).toBe(north.context.keys.signing.id);
    expect(await present(await sign({ signing: before }), south, 'hub.describe')).toMatchObject({
      reason: null,
    });

    const { actor } = await north.person('admin', { isAdmin: true });
    const { queries } = south.context.database;
    await queries
      .update(peers)
      .set({ chainSeenAt: new Date(0) })
      .where(eq(peers.name, 'north'));
    await north.federation.retireKey(actor, before.id);
    const late = await present(await sign({ signing: before }), south, 'hub.describe');
    expect(late).toMatchObject({ reason: 'key_retired' });
    expect(await present(await sign(), south, 'hub.describe')).toMatchObject({ reason: null });
  });
});

test('the rate is of one peer, and of all processes of the hub together', async () => {
  await setRate(5);
  const reasons: (string | null)[] = [];
  for (let count = 0; count < 22; count++)
    reasons.push((await present(await sign(), count % 2 === 0 ? south : southToo, 'hub.describe')).reason);
  // The minute may change meanwhile.
  expect(reasons.filter((reason) => reason === 'rate_exceeded').length).toBeGreaterThanOrEqual(12);
  const call = { audience: south.context.keys.rootId, procedure: 'hub.describe', body: '{}', protocol: 1 };
  expect(await present(await signCall(west.context.keys, call), south, 'hub.describe')).toMatchObject({
    reason: null,
  });
  await setRate(1_000_000);
});
