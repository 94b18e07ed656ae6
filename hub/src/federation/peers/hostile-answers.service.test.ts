import { gzipSync } from 'node:zlib';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { signCall } from '../calls/token.ts';
import { HUB_SIGNATURE_HEADER, writeHubDocument } from '../hub-document.ts';
import { befriend, createFederatedHub, type FederatedHub } from '../testing/federated-hub.ts';
import { type Behaviour, HostileHub } from '../testing/hostile-hub.ts';
import { fetchHubDocument } from './directory.ts';
import type { PeerCallError } from './errors.ts';
import { peerHealth } from './schema.ts';

const MIB = 1024 * 1024;

let home: FederatedHub;
let peer: FederatedHub;
let peerId: number;
let hostile: HostileHub;
beforeAll(async () => {
  home = await createFederatedHub('home');
  peer = await createFederatedHub('peer');
  peerId = (await befriend(home, peer)).otherAtOne;
  hostile = await HostileHub.start();
  await hostile.takePlaceOf('peer', home);
});
afterAll(async () => {
  for (const each of [hostile, home, peer]) await each[Symbol.asyncDispose]();
});
beforeEach(async () => {
  hostile.heard.length = 0;
  await home.context.database.queries.delete(peerHealth);
});

const answer = z.object({ name: z.string().max(100), scopes: z.array(z.string()).max(10) });

function ask() {
  const { peers } = home.federation;
  return peers.client(peerId).call(answer, (hub) => hub.hub.describe.query({}), { timeoutMs: 500 });
}

async function problemOf(behaviour: Behaviour): Promise<PeerCallError> {
  hostile.behaviour = behaviour;
  return ask().then(
    () => Promise.reject(new Error('the answer was taken')),
    (error: PeerCallError) => error,
  );
}

const send =
  (body: string | Buffer, headers: Record<string, string> = {}, status = 200): Behaviour =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };

/** Goes on until the other side has enough. */
const endless =
  (piece: Buffer, pauseMs: number): Behaviour =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(piece), pauseMs);
    response.on('close', () => clearInterval(timer));
  };

const result = (data: string) => `{"result":{"data":${data}}}`;
const TRUE = '{"name":"peer","scopes":[]}';

test.each<[string, string, Behaviour]>([
  ['more bytes than may be', 'peer_answer_too_large', send(`${' '.repeat(MIB)}${result(TRUE)}`)],
  ['more bytes, one by one, without an end', 'peer_answer_too_large', endless(Buffer.alloc(MIB / 4, ' '), 1)],
  [
    'little that becomes much when it is unpacked',
    'peer_answer_too_large',
    send(gzipSync(Buffer.alloc(64 * MIB, ' ')), { 'content-encoding': 'gzip' }),
  ],
  ['an answer without an end', 'peer_slow', endless(Buffer.from(' '), 20)],
  ['no answer', 'peer_slow', () => {}],
  ['a connection that breaks', 'peer_unreachable', (request) => request.socket.destroy()],
  ['half an answer', 'peer_unreachable', breakOff()],
  ['headers without an end', 'peer_unreachable', send(result(TRUE), { 'x-much': 'x'.repeat(64 * 1024) })],
  ['a way elsewhere', 'peer_redirects', (request, response) => redirect(request, response)],
  ['no JSON', 'peer_answer_invalid', send('<h1>Sign in</h1>', { 'content-type': 'text/html' })],
  ['half of JSON', 'peer_answer_invalid', send('{"result":')],
  ['nothing', 'peer_answer_invalid', send('')],
  ['JSON of another kind', 'peer_answer_invalid', send('[]')],
  [
    'the depth of a well',
    'peer_answer_invalid',
    send(result(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)),
  ],
  ['something else than agreed', 'peer_answer_invalid', send(result('{"name":7,"scopes":[]}'))],
  [
    'too much of what was agreed',
    'peer_answer_invalid',
    send(result(`{"name":"p","scopes":[${'"x",'.repeat(20)}"x"]}`)),
  ],
  ['an error that is no error', 'peer_answer_invalid', send('{"error":{"message":7}}', {}, 500)],
])('%s', async (_, code, behaviour) => {
  expect(await problemOf(behaviour)).toMatchObject({ code, peer: 'peer' });
  expect(hostile.heard).toEqual(['/federation/trpc/hub.describe']);
});

function breakOff(): Behaviour {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"result":', () => response.destroy());
  };
}

function redirect(_request: Parameters<Behaviour>[0], response: Parameters<Behaviour>[1]): void {
  response.writeHead(307, { location: `${peer.address}/federation/trpc/hub.describe` });
  response.end();
}

test.each(['__proto__', 'constructor', 'prototype'])(
  'a key %s changes nothing but is left out',
  async (key) => {
    hostile.behaviour = send(
      result(`{"name":"peer","scopes":[],"${key}":{"isAdmin":true,"prototype":{"isAdmin":true}}}`),
    );
    const taken = await ask();
    expect(Object.keys(taken)).toEqual(['name', 'scopes']);
    expect(Object.getPrototypeOf(taken)).toBe(Object.prototype);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  },
);

test('a refusal is a code and one line of plain text', async () => {
  const error = {
    message: `no\u202e\u0007\n${'x'.repeat(5_000)}`,
    code: -32_000,
    data: { reason: '<img src=x>' },
  };
  const problem = await problemOf(send(JSON.stringify({ error }), {}, 403));
  expect(problem).toMatchObject({ code: 'peer_refused', refusal: 'unknown' });
  expect(problem.detail).toMatch(/^no x+$/);
  expect(problem.detail).toHaveLength(500);
});

describe('a peer that does not answer', () => {
  const health = async () =>
    (await home.context.database.queries.select().from(peerHealth).where(eq(peerHealth.peerId, peerId)))[0];

  test('is left alone after three times, and called again once the pause is over', async () => {
    for (let count = 0; count < 3; count++) await problemOf(send('nonsense'));
    expect(hostile.heard).toHaveLength(3);
    expect(await problemOf(send(result(TRUE)))).toMatchObject({ code: 'peer_unreachable' });
    expect(hostile.heard).toHaveLength(3);
    const before = await health();
    expect(before?.unreachableSince).not.toBeNull();

    await home.context.database.queries.update(peerHealth).set({ retryAt: new Date() });
    await problemOf(send('nonsense'));
    expect(hostile.heard).toHaveLength(4);
    const after = await health();
    expect(after!.retryAt!.getTime()).toBeGreaterThan(Date.now());
    expect(after!.unreachableSince).toEqual(before!.unreachableSince);

    await home.context.database.queries.update(peerHealth).set({ retryAt: new Date() });
    hostile.behaviour = send(result(TRUE));
    expect(await ask()).toEqual({ name: 'peer', scopes: [] });
    expect(await health()).toMatchObject({
      failures: 0,
      unreachableSince: null,
      retryAt: null,
      problem: null,
    });
  });

  test('is called on where it refuses: that is an answer', async () => {
    const error = { message: 'too many', code: -32_000, data: { reason: 'rate_exceeded' } };
    for (let count = 0; count < 5; count++)
      expect(await problemOf(send(JSON.stringify({ error }), {}, 429))).toMatchObject({
        refusal: 'rate_exceeded',
      });
    expect(hostile.heard).toHaveLength(5);
    expect(await health()).toMatchObject({ unreachableSince: null, problem: 'rate_exceeded' });
  });
});

describe('what it says of itself', () => {
  const own = () => ({ keys: peer.context.keys, name: 'peer', address: peer.address });
  const shown = (body: string, signature: string) => send(body, { [HUB_SIGNATURE_HEADER]: signature });

  test.each<[string, object, () => Behaviour]>([
    ['too much', { problem: 'too_large' }, () => send(' '.repeat(300 * 1024))],
    ['a way elsewhere', { problem: 'redirects' }, () => redirect],
    ['nothing that can be read', { problem: 'unreadable' }, () => send('{}')],
    [
      'the word of another',
      { problem: 'signature_invalid' },
      () => shown(writeHubDocument(own()).body, writeHubDocument({ ...own(), name: 'other' }).signature),
    ],
    [
      'what was true yesterday',
      { problem: 'not_fresh' },
      () => {
        const { body, signature } = writeHubDocument(own(), new Date(Date.now() - 86_400_000));
        return shown(body, signature);
      },
    ],
    [
      'the keys of another behind its own',
      { problem: 'chain_broken' },
      () => {
        const chain = [...peer.context.keys.chain, ...home.context.keys.chain];
        const { signing, rootId } = home.context.keys;
        const { body, signature } = writeHubDocument({ ...own(), keys: { chain, signing, rootId } });
        return shown(body, signature);
      },
    ],
  ])('%s', async (_, problem, make) => {
    hostile.behaviour = make();
    await expect(fetchHubDocument(hostile.address)).rejects.toMatchObject(problem);
  });
});

test('a place far behind the end of the catalogue is asked for in vain, and no error of this hub', async () => {
  for (const after of [Number.MAX_SAFE_INTEGER, 2 ** 31, -1]) {
    const [procedure, body] = ['catalogue.page', JSON.stringify({ after, limit: 1 })];
    const call = { audience: home.context.keys.rootId, procedure, body, protocol: 1 };
    const response = await fetch(`${home.address}/federation/trpc/${procedure}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await signCall(peer.context.keys, call)}`,
      },
      body,
    });
    expect(response.status, String(after)).toBeLessThan(500);
  }
});
