import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestPerson } from '../../http/testing/test-hub.ts';
import { signCall } from '../calls/token.ts';
import { FEDERATION_PATH } from '../peers/client.ts';
import { federationRouter } from '../router.ts';
import {
  befriend,
  createAnotherProcess,
  createFederatedHub,
  type FederatedHub,
} from '../testing/federated-hub.ts';
import { peerEntries } from './schema.ts';
import { type Challenge, createTwoHubs, type TwoHubs } from './testing/two-hubs.ts';
import { uploadProcedure } from './wire/entry.ts';

/** A call between hubs as somebody on the wire would have it. */
interface Recorded {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly token: string;
  readonly contentType: string;
  readonly body: Buffer;
}

/** What changes with each call, whether it is taken or refused. */
const ACCOUNTS_OF_CALLS = ['used_call_tokens', 'peer_call_rates', 'peer_traffic', 'peer_health'];
const PROCEDURES = Object.keys(federationRouter._def.procedures);

let hubs: TwoHubs;
let lab: FederatedHub;
let southToo: FederatedHub;
let challenge: Challenge;
let ana: TestPerson;
const fetched = globalThis.fetch;
const recorded: Recorded[] = [];

beforeAll(async () => {
  hubs = await createTwoHubs();
  lab = await createFederatedHub('lab');
  await befriend(lab, hubs.home);
  await befriend(lab, hubs.south);
  southToo = await createAnotherProcess(hubs.south);
  challenge = await hubs.competition();
  ana = await hubs.person('ana');
  globalThis.fetch = async (input, init) => {
    const { pathname, search, origin } = new URL(String(input));
    const headers = new Headers(init?.headers);
    const token = headers.get('authorization')?.slice('Bearer '.length);
    if (origin !== hubs.south.address || !token) return fetched(input, init);
    const body = Buffer.from(await new Response(init?.body).arrayBuffer());
    const contentType = headers.get('content-type') ?? '';
    recorded.push({ method: init!.method!, path: `${pathname}${search}`, token, contentType, body });
    return fetched(input, { ...init, body });
  };
  await takePart();
  globalThis.fetch = fetched;
});
afterAll(async () => {
  globalThis.fetch = fetched;
  for (const hub of [southToo, lab]) await hub[Symbol.asyncDispose]();
  await hubs[Symbol.asyncDispose]();
});

/** Everything that somebody does at a peer. */
async function takePart(): Promise<void> {
  const { participation, identity } = hubs.home.context;
  const { actor } = ana;
  const { competition } = await participation.competition(actor, challenge);
  await participation.register(actor, { ...challenge, termsDigest: competition!.termsDigest });
  await participation.mine(actor, challenge);
  const resourceKey = await hubs.home.upload(ana, 'submission', Buffer.alloc(50_000, 'weir'));
  const { id } = await participation.submissions.create(actor, { ...challenge, resourceKey });
  await participation.delivering.deliver(id, new AbortController().signal);
  await participation.board(actor, { ...challenge });
  await participation.following.follow(hubs.southAtHome);
  const { submission } = await participation.submissions.peek(actor, id);
  await participation.submissions.logs(actor, id, submission!.runs[0]!.id, null);
  await participation.submissions.receipts(actor, id);
  await participation.submissions.details(actor, id);
  await participation.submissions.edit(actor, id, { name: 'renamed' });
  // What the peer refuses was a call too.
  await participation.submissions.setOnLeaderboard(actor, id, true).catch(() => {});
  await participation.submissions.withdraw(actor, id);
  await participation.submissions.remove(actor, id);
  await participation.leave(actor, challenge);
  await identity.agreements.withdraw(actor, hubs.southAtHome);
  await identity.tend();
}

async function send(
  call: Recorded,
  at: FederatedHub,
  { path = call.path, method = call.method, body = call.body } = {},
): Promise<string | null> {
  const response = await fetched(`${at.address}${path}`, {
    method,
    headers: { authorization: `Bearer ${call.token}`, 'content-type': call.contentType },
    body: new Uint8Array(body),
  });
  const said = (await response.json()) as { error?: { code: unknown; data?: { reason: string } } };
  return said.error?.data?.reason ?? (said.error ? String(said.error.code) : null);
}

/** All rows of all tables, as a digest of each table. */
async function contentOf({ context: { database } }: FederatedHub): Promise<Record<string, string>> {
  const { rows } = await database.pool.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and not tablename = any($1) order by 1`,
    [ACCOUNTS_OF_CALLS],
  );
  const content: Record<string, string> = {};
  for (const { name } of rows) {
    const { rows: found } = await database.pool.query<{ digest: string }>(
      `select md5(string_agg(t::text, '|' order by t::text)) as digest from ${name} t`,
    );
    content[name] = found[0]!.digest;
  }
  return content;
}

const named = ({ path }: Recorded) => path.replace(/\?.*/, '').slice('/federation/'.length);

test('calls of every kind were recorded', () => {
  const kinds = new Set(recorded.map((call) => named(call).replace(/^uploads\/.*/, 'uploads')));
  const participation = [
    'competition',
    'board',
    'register',
    'standing',
    'leave',
    'grant',
    'submit',
    'cancel',
  ];
  const own = ['changes', 'logs', 'receipts', 'details', 'edit', 'setOnLeaderboard', 'remove'];
  const procedures = [...participation, ...own].map((name) => `trpc/participation.${name}`);
  expect([...kinds]).toEqual(expect.arrayContaining(['uploads', 'trpc/identity.withdrawn', ...procedures]));
});

test('none of them is taken again, by whichever process, and nothing changes', async () => {
  const before = await contentOf(hubs.south);
  await using restarted = await createAnotherProcess(hubs.south);
  // The grant of an upload is used up with its last byte.
  for (const call of recorded)
    for (const process of [hubs.south, southToo, restarted])
      expect(await send(call, process), named(call)).toBe(
        call.method === 'PUT' ? 'grant_unknown' : 'token_replayed',
      );
  expect(await contentOf(hubs.south)).toEqual(before);
});

test('none of them is taken by another hub', async () => {
  const before = await contentOf(lab);
  for (const call of recorded)
    expect(await send(call, lab), named(call)).toBe(
      call.method === 'PUT' ? 'grant_unknown' : 'audience_wrong',
    );
  // Not even by the one that made it.
  for (const call of recorded) expect(await send(call, hubs.home), named(call)).not.toBeNull();
  expect(await contentOf(lab)).toEqual(before);
});

test('their tokens are good for no other procedure, and for no other body', async () => {
  const before = await contentOf(hubs.south);
  for (const call of recorded) {
    const changed = Buffer.from(call.body);
    changed[changed.length - 1]! ^= 1;
    if (call.method === 'POST')
      expect(await send(call, hubs.south, { body: changed }), named(call)).toBe('body_differs');
    for (const procedure of PROCEDURES) {
      const path = `${FEDERATION_PATH}/${procedure}`;
      if (path === call.path || procedure === 'peering.ask') continue;
      const reason = await send({ ...call, contentType: 'application/json' }, hubs.south, {
        path,
        method: 'POST',
      });
      expect(reason, `${named(call)} as ${procedure}`).toBe('procedure_wrong');
    }
  }
  expect(await contentOf(hubs.south)).toEqual(before);
});

test('nor for bytes of a grant that is in force', async () => {
  const { queries } = hubs.south.context.database;
  const grantId = crypto.randomUUID();
  const [entry] = await queries.select().from(peerEntries);
  await queries
    .insert(peerEntries)
    .values({ ...entry!, key: crypto.randomUUID(), grantId, grantEndsAt: new Date(Date.now() + 3_600_000) })
    .execute();
  await queries
    .update(peerEntries)
    .set({ resourceId: null, submissionId: null, enteredAt: null, withdrawnAt: null })
    .where(eq(peerEntries.grantId, grantId));
  for (const call of recorded)
    expect(
      await send(call, hubs.south, { path: `/federation/uploads/${grantId}?offset=0`, method: 'PUT' }),
      named(call),
    ).toBe('procedure_wrong');
  // A token of that very grant is good for one part.
  const call = {
    audience: hubs.south.context.keys.rootId,
    procedure: uploadProcedure(grantId),
    body: { digest: entry!.digest },
    protocol: 1,
  };
  const token = await signCall(hubs.home.context.keys, call);
  const part = { method: 'PUT', token, contentType: 'application/octet-stream', body: Buffer.from('weir') };
  const path = `/federation/uploads/${grantId}?offset=0`;
  expect(await send({ ...part, path }, hubs.south)).toBeNull();
  for (const process of [hubs.south, southToo])
    expect(await send({ ...part, path: `/federation/uploads/${grantId}?offset=4` }, process)).toBe(
      'token_replayed',
    );
});
