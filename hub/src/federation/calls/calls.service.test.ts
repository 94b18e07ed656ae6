import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { befriend, createFederatedHub, type FederatedHub } from '../testing/federated-hub.ts';
import { signCall } from './token.ts';

const description = z.object({ name: z.string(), state: z.string(), scopes: z.array(z.string()) });

let north: FederatedHub;
let south: FederatedHub;
let southAtNorth: number;
beforeAll(async () => {
  north = await createFederatedHub('north');
  south = await createFederatedHub('south');
  southAtNorth = (await befriend(north, south)).otherAtOne;
});
afterAll(async () => {
  await north[Symbol.asyncDispose]();
  await south[Symbol.asyncDispose]();
});

function describePeer() {
  return north.federation.peers.client(southAtNorth).call(description, (hub) => hub.hub.describe.query({}));
}

test('a hub calls another, which knows who it is', async () => {
  expect(await describePeer()).toEqual({
    name: 'south',
    state: 'active',
    scopes: ['list', 'register', 'submit', 'evaluate'],
  });
});

test('a rotation of keys is followed when the new key is first used', async () => {
  const id = await north.context.keys.rotate();
  await describePeer();
  const [known] = await south.federation.directory.list();
  expect(known?.chain.map((key) => key.id)).toEqual([north.context.keys.rootId, id]);
});

describe('a call is refused', () => {
  interface Forgery {
    readonly procedure?: string;
    readonly body?: string;
    readonly sentBody?: string;
    readonly audience?: string;
    readonly protocol?: number;
    readonly at?: number;
    readonly method?: 'GET' | 'POST';
    change?(token: string): string;
  }

  async function send({
    procedure = 'hub.describe',
    body = '{}',
    sentBody = body,
    audience = south.context.keys.rootId,
    protocol = 1,
    at = Date.now(),
    method = 'POST',
    change = (token) => token,
  }: Forgery = {}) {
    const token = change(await signCall(north.context.keys, { audience, procedure, body, protocol }, at));
    const init = {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: sentBody } : {}),
    };
    return () => fetch(`${south.address}/federation/trpc/hub.describe`, init);
  }

  async function reasonOf(response: Response): Promise<string> {
    const answer = (await response.json()) as { error?: { data: { reason: string } } };
    return answer.error?.data.reason ?? 'none';
  }

  test('not when everything holds, and then only once', async () => {
    const call = await send();
    expect(await reasonOf(await call())).toBe('none');
    expect(await reasonOf(await call())).toBe('token_replayed');
  });

  test.each<[string, () => Forgery]>([
    ['method_wrong', () => ({ method: 'GET', body: '' })],
    ['token_unreadable', () => ({ change: () => 'nonsense' })],
    ['token_unreadable', () => ({ change: (token) => token.replace(/^[^.]+/, header({ alg: 'none' })) })],
    ['signature_invalid', () => ({ change: (token) => token.replace(/[^.]+$/, 'A'.repeat(86)) })],
    ['key_unknown', () => ({ change: (token) => token.replace(/^[^.]+/, header({})) })],
    ['audience_wrong', () => ({ audience: north.context.keys.rootId })],
    ['procedure_wrong', () => ({ procedure: 'hub.other' })],
    ['body_differs', () => ({ sentBody: '{ }' })],
    ['clock_skewed', () => ({ at: Date.now() - 3_600_000 })],
    ['clock_skewed', () => ({ at: Date.now() + 3_600_000 })],
    ['protocol_unsupported', () => ({ protocol: 0 })],
  ])('%s', async (reason, forge) => {
    const response = await (await send(forge()))();
    expect(await reasonOf(response)).toBe(reason);
    expect(response.status).toBeGreaterThanOrEqual(400);
  });

  function header(changes: object): string {
    const kid = `sha256:${'0'.repeat(64)}`;
    return Buffer.from(JSON.stringify({ alg: 'EdDSA', typ: 'weir-call+jwt', kid, ...changes })).toString(
      'base64url',
    );
  }
});
