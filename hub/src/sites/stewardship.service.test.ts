import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createPeople,
  createTestChallenge,
  type People,
  type TestChallenge,
} from '../http/testing/test-challenge.ts';
import { createTestHub, type TestHub } from '../http/testing/test-hub.ts';
import { authenticate } from './enrolment-token.ts';
import { nodes } from './schema.ts';

let hub: TestHub;
let people: People;
let challenge: TestChallenge;
beforeAll(async () => {
  hub = await createTestHub();
  people = await createPeople(hub);
});
beforeEach(async () => {
  challenge = await createTestChallenge(hub, people);
});
afterAll(() => hub[Symbol.asyncDispose]());

const page = () => hub.context.stewardship.page(people.steward.actor, challenge.site);
const rowOf = async (nodeId: string) =>
  (await hub.context.database.queries.select().from(nodes).where(eq(nodes.id, nodeId)))[0]!;

/** A request for a certificate, which the openssl of a site could have made. */
async function certificateRequest(): Promise<string> {
  const { Pkcs10CertificateRequestGenerator } = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: ['n'] }],
    keys,
    signingAlgorithm: algorithm,
  });
  return request.toString('pem');
}

async function enrol(token: string, name: string, node?: string) {
  const { createHash } = await import('node:crypto');
  const [, enrolment = '', secret = ''] = token.split('.');
  const macKey = createHash('sha256').update(Buffer.from(secret, 'base64url')).digest('base64url');
  const request = await certificateRequest();
  return hub.context.sites.enrol({
    enrolment,
    name,
    certificateRequest: request,
    mac: authenticate(macKey, request, name),
    node,
  });
}

describe('stewards', () => {
  test('are assigned by administrators, and see the sites they look after', async () => {
    const { stewardship } = hub.context;
    const { organizer, admin } = people;
    const names = async () => (await stewardship.mine(organizer.actor)).map(({ name }) => name);
    expect(await names()).not.toContain(challenge.site);
    await stewardship.addSteward(admin.actor, challenge.site, organizer.username.toUpperCase());
    expect(await names()).toContain(challenge.site);
    expect((await page()).stewards.map(({ username }) => username)).toEqual([
      organizer.username,
      people.steward.username,
    ]);
    await stewardship.removeSteward(admin.actor, challenge.site, organizer.username);
    expect(await names()).not.toContain(challenge.site);
    await expect(stewardship.addSteward(admin.actor, challenge.site, 'nobody')).rejects.toMatchObject({
      code: 'unknown_steward',
    });
  });

  test('see the nodes of the site with what those say, and the data it holds', async () => {
    const { sites } = hub.context;
    const node = await sites.findNode(challenge.nodeId);
    const digest = `sha256:${'a'.repeat(64)}`;
    await sites.greet(node!, {
      $typeName: 'weir.node.v1.Hello',
      protocolVersion: 1,
      softwareVersion: '1.2.3',
      engine: 'docker',
      engineVersion: '29',
      slots: 4,
      gpus: 2,
      receiptKey: new Uint8Array(),
      receiptKeySuccessions: [],
      held: [],
      datasets: [
        {
          $typeName: 'weir.node.v1.SiteDataset',
          name: 'ward',
          version: '1',
          digest,
          hasInput: true,
          hasReference: true,
          hasSynthetic: true,
          counts: { patients: 120n },
        },
      ],
      status: {
        $typeName: 'weir.node.v1.NodeStatus',
        paused: true,
        draining: false,
        policyDigest: digest,
        awaitingPeople: 3,
      },
    });
    const seen = await page();
    expect(seen.nodes).toMatchObject([
      {
        online: true,
        paused: true,
        awaitingPeople: 3,
        policyDigest: digest,
        gpus: 2,
        softwareVersion: '1.2.3',
      },
    ]);
    expect(seen.datasets).toMatchObject([
      { name: 'ward', version: '1', digest, hasSynthetic: true, counts: { patients: 120 } },
    ]);
  });
});

describe('a node', () => {
  test('that comes back keeps its identity, and its earlier certificates are refused', async () => {
    const { stewardship, sites } = hub.context;
    const offer = await stewardship.enrolment(people.steward.actor, challenge.site, challenge.nodeId);
    expect(offer.command).toMatch(/weir-node enrol --again .*--name node /);
    const before = await rowOf(challenge.nodeId);
    await expect(enrol(offer.token, 'node')).rejects.toThrow(/is for a node that comes back/);
    const fresh = await stewardship.enrolment(people.steward.actor, challenge.site);
    await expect(enrol(fresh.token, 'node', challenge.nodeId)).rejects.toThrow(/is for a new node/);
    const { nodeId } = await enrol(offer.token, 'node', challenge.nodeId);
    expect(nodeId).toBe(challenge.nodeId);
    const after = await rowOf(nodeId);
    expect(after.certificateSerial).not.toBe(before.certificateSerial);
    expect(after.certificatesFrom).not.toBeNull();
    expect(await sites.findNode(nodeId)).toMatchObject({ certificatesFrom: after.certificatesFrom });
    await expect(enrol(offer.token, 'node', nodeId)).rejects.toMatchObject({ code: 'enrolment_refused' });
  });

  test('hears at once that its site has another one, with which it shares budgets', async () => {
    const { stewardship, sites, live } = hub.context;
    expect(await sites.findNode(challenge.nodeId)).toMatchObject({ nodesOfSite: 1 });
    const { token } = await stewardship.enrolment(people.steward.actor, challenge.site);
    const heard = live.watch(`node:${challenge.nodeId}`, AbortSignal.timeout(10_000))[Symbol.asyncIterator]();
    const told = heard.next();
    const { nodeId } = await enrol(token, 'second');
    expect((await told).done).toBe(false);
    for (const id of [challenge.nodeId, nodeId]) {
      expect(await sites.findNode(id)).toMatchObject({ nodesOfSite: 2 });
    }
    await stewardship.revokeNode(people.steward.actor, nodeId);
    expect(await sites.findNode(challenge.nodeId)).toMatchObject({ nodesOfSite: 1 });
  });

  test('that was revoked does not come back, whatever token it has', async () => {
    const { stewardship } = hub.context;
    const { steward } = people;
    const { token } = await stewardship.enrolment(steward.actor, challenge.site, challenge.nodeId);
    await stewardship.revokeNode(steward.actor, challenge.nodeId);
    await expect(enrol(token, 'node', challenge.nodeId)).rejects.toMatchObject({ code: 'node_revoked' });
    await expect(
      stewardship.enrolment(steward.actor, challenge.site, challenge.nodeId),
    ).rejects.toMatchObject({ code: 'node_not_found' });
    const [first] = (await page()).nodes.filter(({ id }) => id === challenge.nodeId);
    expect(first).toMatchObject({ revokedAt: expect.any(Date), online: false });
  });

  test('of another site has no token of this one', async () => {
    const { nodeId } = await createTestChallenge(hub, people);
    await expect(
      hub.context.stewardship.enrolment(people.steward.actor, challenge.site, nodeId),
    ).rejects.toMatchObject({ code: 'node_not_found' });
  });

  test('is drained from the hub, told so at once, and taken back', async () => {
    const { stewardship, sites, live } = hub.context;
    const signal = AbortSignal.timeout(5_000);
    const hint = live.watch(`node:${challenge.nodeId}`, signal)[Symbol.asyncIterator]().next();
    await stewardship.setDrained(people.steward.actor, challenge.nodeId, true);
    expect(await hint).toMatchObject({ done: false });
    expect(await sites.findNode(challenge.nodeId)).toMatchObject({ drainRequested: true });
    await stewardship.setDrained(people.steward.actor, challenge.nodeId, false);
    expect(await sites.findNode(challenge.nodeId)).toMatchObject({ drainRequested: false });
  });
});
