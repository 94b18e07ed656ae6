import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Actor } from '../../accounts/access.ts';
import { signingKeys } from '../../keys/schema.ts';
import { createAnotherProcess, createFederatedHub, type FederatedHub } from '../testing/federated-hub.ts';
import { peerEvents, peerInvitations, peers } from './schema.ts';
import type { Scope } from './state.ts';

interface Side extends FederatedHub {
  readonly admin: Actor;
}

let north: Side;
let south: Side;
beforeEach(async () => {
  north = await createSide('north');
  south = await createSide('south');
});
afterEach(async () => {
  await north[Symbol.asyncDispose]();
  await south[Symbol.asyncDispose]();
});

async function createSide(name: string): Promise<Side> {
  const hub = await createFederatedHub(name);
  const { actor } = await hub.person('admin', { isAdmin: true });
  return { ...hub, admin: actor };
}

async function invite(scopes: readonly Scope[] = ['list', 'submit']): Promise<string> {
  const invitation = { scopes, note: 'South', days: 7 };
  return (await north.federation.introductions.invite(north.admin, invitation)).code;
}

async function overview(hub: Side) {
  return hub.federation.overview(hub.admin);
}

async function onlyPeer(hub: Side) {
  const { peers } = await overview(hub);
  expect(peers).toHaveLength(1);
  return peers[0]!;
}

/** Both agree. */
async function becomePeers(): Promise<void> {
  await south.federation.introductions.accept(south.admin, await invite(), ['list']);
  const { id } = await onlyPeer(north);
  await north.federation.administration.confirm(north.admin, id, ['list', 'submit']);
}

function refused(code: string) {
  return expect.objectContaining({ code });
}

test('an invitation shows whom it leads to, and both administrators have to agree', async () => {
  const code = await invite();
  expect(await south.federation.introductions.examine(south.admin, code)).toEqual({
    name: 'north',
    address: north.address,
    fingerprint: north.context.keys.rootId,
    keys: 1,
    protocol: 1,
  });

  await south.federation.introductions.accept(south.admin, code, ['list']);
  expect(await onlyPeer(south)).toMatchObject({ name: 'north', state: 'waiting', theirState: 'asking' });
  expect(await onlyPeer(north)).toMatchObject({ name: 'south', state: 'asking', scopesGot: ['list'] });

  await north.federation.administration.confirm(north.admin, (await onlyPeer(north)).id, ['list']);
  expect(await onlyPeer(north)).toMatchObject({
    state: 'active',
    scopesGiven: ['list'],
    scopesGot: ['list'],
  });
  expect(await onlyPeer(south)).toMatchObject({
    state: 'active',
    scopesGiven: ['list'],
    scopesGot: ['list'],
  });
  const events = await north.context.database.queries.select().from(peerEvents);
  expect(events.map(({ kind }) => kind)).toEqual(['invited', 'asked', 'confirmed']);
});

test('an invitation is good for one hub, and for that one again', async () => {
  const code = await invite();
  await south.federation.introductions.accept(south.admin, code, []);
  await south.federation.introductions.accept(south.admin, code, []);
  await using west = await createSide('west');
  await expect(west.federation.introductions.accept(west.admin, code, [])).rejects.toEqual(
    expect.objectContaining({ code: 'peer_refused', refusal: 'invitation_over' }),
  );
  expect(await onlyPeer(north)).toMatchObject({ name: 'south' });
});

test('an invitation that is withdrawn or too old is none', async () => {
  const [first, second] = [await invite(), await invite()];
  const { invitations } = await overview(north);
  await north.federation.introductions.withdraw(north.admin, invitations[1]!.id);
  await north.context.database.queries
    .update(peerInvitations)
    .set({ expiresAt: new Date(0) })
    .where(eq(peerInvitations.id, invitations[0]!.id));
  for (const code of [first, second])
    await expect(south.federation.introductions.accept(south.admin, code, [])).rejects.toEqual(
      expect.objectContaining({ refusal: 'invitation_over' }),
    );
  expect((await overview(north)).peers).toEqual([]);
});

test('a hub that answers at the address in the place of the one that invited is noticed', async () => {
  const code = await invite();
  const content = JSON.parse(Buffer.from(code.split('.')[1]!, 'base64url').toString());
  content.fingerprint = `sha256:${'0'.repeat(64)}`;
  const forged = `weirpeer1.${Buffer.from(JSON.stringify(content)).toString('base64url')}`;
  const { examine } = south.federation.introductions;
  await expect(examine.call(south.federation.introductions, south.admin, forged)).rejects.toEqual(
    refused('fingerprint_differs'),
  );
});

test('a name belongs to one hub', async () => {
  await becomePeers();
  await using impostor = await createSide('south');
  await expect(impostor.federation.introductions.accept(impostor.admin, await invite(), [])).rejects.toEqual(
    expect.objectContaining({ refusal: 'peer_name_taken' }),
  );
  await using namesake = await createSide('north');
  await expect(namesake.federation.introductions.examine(namesake.admin, await invite())).rejects.toEqual(
    refused('peer_name_taken'),
  );
});

test('pausing, scopes and revoking hold at once and reach the other side', async () => {
  await becomePeers();
  const { id } = await onlyPeer(north);
  await north.federation.administration.setScopes(north.admin, id, ['register']);
  expect(await onlyPeer(south)).toMatchObject({ scopesGot: ['register'] });
  await north.federation.administration.pause(north.admin, id);
  expect(await onlyPeer(south)).toMatchObject({ state: 'active', theirState: 'paused' });
  await north.federation.administration.resume(north.admin, id);
  await north.federation.administration.revoke(north.admin, id);
  expect(await onlyPeer(south)).toMatchObject({ state: 'revoked', theirState: 'revoked' });
  await becomePeers();
  expect(await onlyPeer(north)).toMatchObject({ id, state: 'active' });
});

test('what the other side has missed it learns when it asks', async () => {
  await becomePeers();
  const { id } = await onlyPeer(north);
  await north.context.database.queries.update(peers).set({ state: 'revoked' }).where(eq(peers.id, id));
  await south.federation.tend();
  expect(await onlyPeer(south)).toMatchObject({ state: 'revoked' });
});

test('a blocked hub is answered with nothing but that, and cannot use an invitation', async () => {
  await becomePeers();
  const { id } = await onlyPeer(north);
  await north.federation.administration.block(north.admin, id);
  await south.federation.tend();
  expect(await onlyPeer(south)).toMatchObject({ problem: { code: 'peer_blocked' } });
  await south.federation.administration.revoke(south.admin, (await onlyPeer(south)).id);
  await expect(south.federation.introductions.accept(south.admin, await invite(), [])).rejects.toEqual(
    expect.objectContaining({ refusal: 'peer_is_blocked' }),
  );
});

test('a peer that has moved is believed at its new address, and nobody else there', async () => {
  await becomePeers();
  await using stranger = await createFederatedHub('stranger');
  await using moved = await createAnotherProcess(south);
  const { id } = await onlyPeer(north);
  const { administration } = north.federation;
  await expect(administration.move(north.admin, id, stranger.address)).rejects.toEqual(
    refused('fingerprint_differs'),
  );
  await expect(administration.move(north.admin, id, 'http://127.0.0.1:9')).rejects.toEqual(
    refused('hub_unreachable'),
  );
  expect(await onlyPeer(north)).toMatchObject({ address: south.address });

  await south.app.close();
  await administration.check(north.admin, id);
  expect(await onlyPeer(north)).toMatchObject({ problem: { code: 'peer_unreachable' } });
  await administration.move(north.admin, id, moved.address);
  expect(await onlyPeer(north)).toMatchObject({ address: moved.address, state: 'active', problem: null });
});

test('a hub with other keys is not believed until an administrator decides', async () => {
  await becomePeers();
  await using rekeyed = await createFederatedHub('south');
  const { id } = await onlyPeer(north);
  const { queries } = north.context.database;
  await queries.update(peers).set({ address: rekeyed.address }).where(eq(peers.id, id));
  await north.federation.administration.check(north.admin, id);
  const stopped = await onlyPeer(north);
  expect(stopped).toMatchObject({
    state: 'identity_changed',
    fingerprint: south.context.keys.rootId,
    claimed: { fingerprint: rekeyed.context.keys.rootId },
  });
  await south.federation.tend();
  expect(await onlyPeer(south)).toMatchObject({ problem: { code: 'identity_changed' } });

  const { administration } = north.federation;
  await expect(administration.acceptIdentity(north.admin, id, south.context.keys.rootId)).rejects.toEqual(
    refused('wrong_state'),
  );
  await administration.acceptIdentity(north.admin, id, rekeyed.context.keys.rootId);
  expect(await onlyPeer(north)).toMatchObject({ state: 'active', fingerprint: rekeyed.context.keys.rootId });
});

test('a hub restored from a backup of before a rotation is noticed, and is itself again with the key it had', async () => {
  await becomePeers();
  await south.federation.rotateKey(south.admin);
  await south.federation.tend();
  const { id } = await onlyPeer(north);
  expect(await onlyPeer(north)).toMatchObject({ keys: 2, state: 'active' });

  const { queries } = south.context.database;
  const [lost] = await queries.delete(signingKeys).where(eq(signingKeys.place, 1)).returning();
  await south.context.keys.refresh();
  await north.federation.administration.check(north.admin, id);
  expect(await onlyPeer(north)).toMatchObject({
    state: 'identity_changed',
    claimed: { fingerprint: south.context.keys.rootId },
  });
  const { events } = await overview(north);
  expect(events[0]).toMatchObject({ kind: 'identity_changed', details: { relation: 'rolled_back' } });

  // Its administrators find the key after all.
  await queries.insert(signingKeys).values(lost!);
  await south.context.keys.refresh();
  await north.federation.administration.keepIdentity(north.admin, id);
  await north.federation.administration.check(north.admin, id);
  expect(await onlyPeer(north)).toMatchObject({ state: 'active', claimed: null });
});

test('a hub that has gone another way since a backup is noticed', async () => {
  await becomePeers();
  await south.federation.rotateKey(south.admin);
  await south.federation.tend();
  const { queries } = south.context.database;
  await queries.delete(signingKeys).where(eq(signingKeys.place, 1));
  await south.context.keys.refresh();
  await south.federation.rotateKey(south.admin);
  // With its new key it calls as before: north looks at its keys, and takes nothing.
  await south.federation.tend();
  expect(await onlyPeer(south)).toMatchObject({ problem: { code: 'identity_changed' } });
  expect(await onlyPeer(north)).toMatchObject({ state: 'identity_changed' });
  expect((await overview(north)).events[0]).toMatchObject({ details: { relation: 'forked' } });
});

test('a key that is ended is no good at once', async () => {
  await becomePeers();
  const [first] = south.context.keys.chain;
  await south.federation.rotateKey(south.admin);
  await south.federation.tend();
  const { queries } = north.context.database;
  await queries.update(peers).set({ chainSeenAt: new Date(0) });
  await south.federation.retireKey(south.admin, first!.id);
  const [known] = await north.federation.directory.list();
  expect(known?.chain).toHaveLength(2);
  expect(Date.parse(known!.chain[0]!.until!)).toBeLessThanOrEqual(Date.now());
});
