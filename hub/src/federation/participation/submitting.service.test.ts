import { createHash, randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { claim } from '../../dispatch/claim.ts';
import { complete } from '../../dispatch/complete.ts';
import { queuePool } from '../../dispatch/pools.ts';
import { seedNode } from '../../dispatch/testing/seed.ts';
import type { TestPerson } from '../../http/testing/test-hub.ts';
import { resources } from '../../resources/schema.ts';
import { submissions } from '../../submissions/schema.ts';
import { signCall } from '../calls/token.ts';
import { peerHealth, peers } from '../peers/schema.ts';
import { befriend, createFederatedHub, type FederatedHub } from '../testing/federated-hub.ts';
import type { PeerSubmission } from './home/view.ts';
import { peerEntries, peerSubmissions } from './schema.ts';
import { type Challenge, createTwoHubs, type TwoHubs } from './testing/two-hubs.ts';
import { type EntryRequest, granted, uploadProcedure } from './wire/entry.ts';
import { LONGEST_WAIT_MS } from './wire/following.ts';

let hubs: TwoHubs;
let home: FederatedHub;
let south: FederatedHub;
let challenge: Challenge;
let ana: TestPerson;
beforeAll(async () => {
  hubs = await createTwoHubs();
  ({ home, south } = hubs);
  challenge = await hubs.competition({ tasks: 2 });
  ana = await enrolled('ana');
});
afterAll(() => hubs[Symbol.asyncDispose]());
beforeEach(async () => {
  await home.context.database.queries.delete(peerHealth);
});

async function enrolled(name: string, where = challenge): Promise<TestPerson> {
  const person = await hubs.person(name);
  const { participation } = home.context;
  const { competition } = await participation.competition(person.actor, where);
  await participation.register(person.actor, { ...where, termsDigest: competition!.termsDigest });
  return person;
}

const SLOW = { timeout: 60_000, interval: 50 };
const content = Buffer.alloc(300_000, 'weir');
async function submit(person = ana, where = challenge, change: object = {}): Promise<PeerSubmission> {
  const resourceKey = await home.upload(person, 'submission', content);
  const { hub, id, phaseId } = where;
  return home.context.participation.submissions.create(person.actor, {
    hub,
    id,
    phaseId,
    resourceKey,
    name: 'first try',
    ...change,
  });
}
const never = new AbortController().signal;
/** What the job does, as often as is needed. */
const deliver = (id: number) => home.context.participation.delivering.deliver(id, never);
const get = (id: number, person = ana) => home.context.participation.submissions.peek(person.actor, id);
/** As if the pause between two tries were over, and the peer were not left alone. */
async function later(): Promise<void> {
  const { queries } = home.context.database;
  await queries.update(peerSubmissions).set({ nextTryAt: new Date(), heldUntil: null });
  await queries.delete(peerHealth);
}
const follow = () => home.context.participation.following.follow(hubs.southAtHome);
const enteredAtSouth = async (name: string) => {
  const { queries } = south.context.database;
  return queries.$count(
    submissions,
    sql`${submissions.parentId} is null and ${submissions.ownerId} = (select id from users where username = ${`${name}@home`})`,
  );
};
const calling = () => home.federation.peers.client(hubs.southAtHome);
const assertionFor = (person: TestPerson) =>
  home.context.identity.assertionFor(person, hubs.southAtHome, 'submit');

/** Breaks off right after the peer has done its part: the answer is lost. */
function loseAnswerOf(method: 'grant' | 'submit' | 'receive'): void {
  const { entries } = south.context.participation;
  const whole = entries[method] as (...args: unknown[]) => Promise<unknown>;
  Object.assign(entries, {
    [method]: async (...args: unknown[]) => {
      await whole.apply(entries, args);
      Object.assign(entries, { [method]: whole });
      throw new Error('killed');
    },
  });
}

describe('a submission to a peer', () => {
  test('is delivered, entered with what was chosen, followed and scored', async () => {
    const { seed } = challenge;
    const waiting = await submit(ana, challenge, { taskIds: [seed.taskIds[1]!] });
    expect(waiting).toMatchObject({ state: 'queued', hub: 'south', size: content.length, submission: null });
    await deliver(waiting.id);
    const entered = await get(waiting.id);
    expect(entered).toMatchObject({
      state: 'entered',
      problem: null,
      submission: { status: 'Submitted', owner: 'ana@home', name: 'first try', taskId: seed.taskIds[1] },
    });
    const [resource] = await south.context.database.queries
      .select({ digest: resources.digest })
      .from(submissions)
      .innerJoin(resources, eq(resources.id, submissions.resourceId))
      .where(eq(submissions.id, entered.submission!.id));
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    expect(resource?.digest).toBe(digest);
    expect(await south.context.blobs.stat(digest)).toEqual({ size: content.length });

    await finishAll(0.75);
    await follow();
    const scored = await get(waiting.id);
    expect(scored.submission).toMatchObject({
      status: 'Finished',
      onLeaderboard: true,
      scores: [{ columnKey: 'score', value: '0.75' }],
    });
    const { content: board } = await home.context.participation.board(ana.actor, {
      hub: 'south',
      id: challenge.id,
      phaseId: challenge.phaseId,
    });
    expect(board.rows[0]).toMatchObject({ owner: 'ana@home', mine: true });
    expect(await home.context.participation.submissions.receipts(ana.actor, waiting.id)).toMatchObject({
      receipts: [],
      keys: [{ id: south.context.keys.rootId, role: 'hub', owner: 'south' }],
    });
    const [run] = scored.submission!.runs;
    const logs = await home.context.participation.submissions.logs(ana.actor, waiting.id, run!.id, null);
    expect(logs).toMatchObject({ streams: [], permitted: true });
  });

  test('belongs to whoever submitted it', async () => {
    const eve = await enrolled('eve');
    const { id } = await submit();
    for (const attempt of ['peek', 'get', 'withdraw', 'again'] as const)
      await expect(home.context.participation.submissions[attempt](eve.actor, id)).rejects.toMatchObject({
        code: 'submission_not_found',
      });
    await home.context.participation.submissions.withdraw(ana.actor, id);
  });

  test('waits while the peer is down, visibly, and goes on once it is back', async () => {
    const bob = await enrolled('bob');
    const { id } = await submit(bob);
    const { desk } = south.federation;
    const { admit } = desk;
    Object.assign(desk, { admit: () => Promise.reject(new Error('down')) });
    await deliver(id);
    expect(await get(id, bob)).toMatchObject({ state: 'queued', problem: { code: expect.any(String) } });
    Object.assign(desk, { admit });
    // Another process is at it, or the pause is not over: nothing.
    await later();
    await Promise.all([deliver(id), deliver(id), deliver(id)]);
    expect((await get(id, bob)).state).toBe('entered');
    expect(await enteredAtSouth('bob')).toBe(1);
  });

  test('goes at once when the peer answers again, however long the pause was to be', async () => {
    const patient = await enrolled('patient');
    const { id } = await submit(patient);
    const moveTo = (address: string) =>
      home.context.database.queries.update(peers).set({ address }).where(eq(peers.id, hubs.southAtHome));
    await moveTo('http://127.0.0.1:1');
    await deliver(id);
    expect(await get(id, patient)).toMatchObject({ state: 'queued', problem: { code: 'peer_unreachable' } });
    const { queries } = home.context.database;
    const inAnHour = new Date(Date.now() + 3_600_000);
    await queries.update(peerSubmissions).set({ nextTryAt: inAnHour }).where(eq(peerSubmissions.id, id));
    await moveTo(south.address);
    await vi.waitFor(async () => {
      const { nextTryAt } = await get(id, patient);
      expect(nextTryAt!.getTime()).toBeLessThan(inAnHour.getTime());
    }, SLOW);
    const { rows } = await home.context.database.pool.query(
      `select run_at <= now() as due from graphile_worker.jobs where key = $1`,
      [`deliver:${id}`],
    );
    expect(rows).toEqual([{ due: true }]);
    await deliver(id);
    expect(await enteredAtSouth('patient')).toBe(1);
  });

  test.each(['grant', 'receive', 'submit'] as const)(
    'is entered once when the answer to %s is lost',
    async (step) => {
      const person = await enrolled(`lost-${step}`);
      const { id } = await submit(person);
      loseAnswerOf(step);
      await deliver(id);
      expect((await get(id, person)).state).toBe('queued');
      await later();
      await deliver(id);
      expect((await get(id, person)).state).toBe('entered');
      expect(await enteredAtSouth(person.username)).toBe(1);
    },
  );

  test('is entered once when it is delivered to a peer again after all was done', async () => {
    const person = await enrolled('twice');
    const { id } = await submit(person);
    await deliver(id);
    const { submission } = await get(id, person);
    // The home hub was killed before it wrote down what the peer had said.
    await home.context.database.queries
      .update(peerSubmissions)
      .set({ state: 'queued', remoteId: null, remote: null, lookedAt: null })
      .where(eq(peerSubmissions.id, id));
    await later();
    await deliver(id);
    expect((await get(id, person)).submission?.id).toBe(submission?.id);
    expect(await enteredAtSouth('twice')).toBe(1);
  });

  test('many calls to submit the same at one moment enter it once', async () => {
    const person = await enrolled('eager');
    const { id } = await submit(person);
    const { entries } = south.context.participation;
    Object.assign(entries, { submit: () => Promise.reject(new Error('killed')) });
    await deliver(id);
    Object.assign(entries, { submit: Object.getPrototypeOf(entries).submit });
    const [row] = await home.context.database.queries
      .select()
      .from(peerSubmissions)
      .where(eq(peerSubmissions.id, id));
    const { key } = row!;
    const answers = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const assertion = await assertionFor(person);
        return calling().call(z.object({ submission: z.object({ id: z.int() }) }), (hub) =>
          hub.participation.submit.mutate({ assertion, key }),
        );
      }),
    );
    expect(new Set(answers.map(({ submission }) => submission.id)).size).toBe(1);
    expect(await enteredAtSouth('eager')).toBe(1);
  });

  test('what the peer refuses is said in its words, and delivered again when somebody wants', async () => {
    const limited = await hubs.competition({ perPerson: 1 });
    const person = await enrolled('limited', limited);
    const first = await submit(person, limited);
    await deliver(first.id);
    const second = await submit(person, limited);
    await deliver(second.id);
    const refused = await get(second.id, person);
    expect(refused.state).toBe('refused');
    expect(refused.problem?.detail).toMatch(/submission/);
    await south.context.database.queries.update(peerEntries).set({ enteredAt: null });
    await south.context.database.queries.execute(
      sql`update phases set max_submissions_per_person = 2 where id = ${limited.phaseId}`,
    );
    south.context.dispatch.phaseChanged(limited.phaseId);
    await home.context.participation.submissions.again(person.actor, second.id);
    await deliver(second.id);
    expect((await get(second.id, person)).state).toBe('entered');
    expect(await enteredAtSouth('limited')).toBe(2);
  });

  test('is not even taken in from whoever has not joined, or not agreed', async () => {
    const stranger = await hubs.person('stranger');
    await expect(submit(stranger)).rejects.toMatchObject({ code: 'not_registered' });
    const shy = await enrolled('shy');
    await home.context.identity.agreements.withdraw(shy.actor, hubs.southAtHome);
    await expect(submit(shy)).rejects.toMatchObject({ code: 'consent_missing' });
  });
});

describe('what becomes of it', () => {
  const question = (key: string, digest: string | null, waitMs: number) => ({
    seen: [{ key, digest }],
    waitMs,
  });
  const ask = async (input: ReturnType<typeof question>) =>
    south.context.participation.entered.changes(
      await south.federation.directory.get(hubs.homeAtSouth),
      input,
      south.context.stopping,
    );
  const keyOf = async (id: number) => {
    const { queries } = home.context.database;
    const [row] = await queries.select().from(peerSubmissions).where(eq(peerSubmissions.id, id));
    return row!.key;
  };

  test('is told the moment it is so, to whoever waits for it', async () => {
    const { id } = await submit();
    await deliver(id);
    const key = await keyOf(id);
    const [first] = (await ask(question(key, null, LONGEST_WAIT_MS))).changed;
    expect(first?.submission.status).toBe('Submitted');
    const told = ask(question(key, first!.digest, LONGEST_WAIT_MS));
    await finishAll(0.5);
    // Not what it has become in the end, if something was told before.
    expect((await told).changed).toMatchObject([{ key }]);
    // The home hub waits there by itself from when it is entered.
    await vi.waitFor(async () => expect((await get(id)).submission?.status).toBe('Finished'), SLOW);
  });

  test('is told as nothing when nothing has come of it in the time that was asked for', async () => {
    const { id } = await submit();
    await deliver(id);
    const key = await keyOf(id);
    const [first] = (await ask(question(key, null, 0))).changed;
    expect(await ask(question(key, first!.digest, 50))).toEqual({ changed: [], lost: [], more: false });
    await home.context.participation.submissions.withdraw(ana.actor, id);
  });

  test('what is entered while the home hub waits is asked about too', async () => {
    const earlier = await submit();
    await deliver(earlier.id);
    const later = await submit();
    await deliver(later.id);
    await finishAll(0.25);
    for (const { id } of [earlier, later])
      await vi.waitFor(async () => expect((await get(id)).submission?.status).toBe('Finished'), SLOW);
  });
});

describe('taking it back', () => {
  const withdraw = (id: number, person = ana) =>
    home.context.participation.submissions.withdraw(person.actor, id);

  test('while it waits: it is never delivered', async () => {
    const person = await enrolled('changed-mind');
    const { id } = await submit(person);
    expect((await withdraw(id, person)).state).toBe('withdrawn');
    await deliver(id);
    expect(await enteredAtSouth('changed-mind')).toBe(0);
    await expect(withdraw(id, person)).rejects.toMatchObject({ code: 'not_waiting' });
  });

  test.each([
    ['had entered it', true],
    ['had not', false],
  ])('when nobody knows whether the peer has entered it, and it %s', async (_what, wasEntered) => {
    const person = await enrolled(`unsure-${wasEntered}`);
    const { id } = await submit(person);
    const { entries } = south.context.participation;
    if (wasEntered) loseAnswerOf('submit');
    else Object.assign(entries, { submit: () => Promise.reject(new Error('killed')) });
    await deliver(id);
    Object.assign(entries, { submit: Object.getPrototypeOf(entries).submit });
    expect((await withdraw(id, person)).state).toBe('withdrawing');
    await later();
    await deliver(id);
    const after = await get(id, person);
    if (wasEntered) expect(after).toMatchObject({ state: 'entered', submission: { status: 'Cancelled' } });
    else expect(after).toMatchObject({ state: 'withdrawn', submission: null });
    // Whatever was still on its way comes too late.
    const [row] = await home.context.database.queries
      .select()
      .from(peerSubmissions)
      .where(eq(peerSubmissions.id, id));
    const assertion = await assertionFor(person);
    const late = calling().call(z.object({ submission: z.object({ status: z.string() }) }), (hub) =>
      hub.participation.submit.mutate({ assertion, key: row!.key }),
    );
    if (wasEntered) expect((await late).submission.status).toBe('Cancelled');
    else await expect(late).rejects.toMatchObject({ refusal: 'entry_withdrawn' });
  });

  test('while it is being entered: it is cancelled there', async () => {
    const person = await enrolled('hasty');
    const { id } = await submit(person);
    const { entries } = south.context.participation;
    const enter: typeof entries.submit = Object.getPrototypeOf(entries).submit;
    const enterSlowly: typeof enter = async (...said) => {
      const entered = await enter.apply(entries, said);
      expect((await withdraw(id, person)).state).toBe('withdrawing');
      return entered;
    };
    Object.assign(entries, { submit: enterSlowly });
    await deliver(id);
    Object.assign(entries, { submit: enter });
    expect(await get(id, person)).toMatchObject({ state: 'entered', submission: { status: 'Cancelled' } });
  });

  test('at the peer: it is cancelled there', async () => {
    const person = await enrolled('canceller');
    const { id } = await submit(person);
    await deliver(id);
    expect((await withdraw(id, person)).submission?.status).toBe('Cancelled');
  });
});

describe('a grant', () => {
  const bytes = Buffer.from('the bytes that were announced');
  const digestOf = (data: Buffer) => `sha256:${createHash('sha256').update(data).digest('hex')}`;
  const request = (change: Partial<EntryRequest> = {}): EntryRequest => ({
    competitionId: challenge.id,
    phaseId: challenge.phaseId,
    fileName: 'entry.zip',
    digest: digestOf(bytes),
    size: bytes.length,
    name: '',
    description: '',
    taskIds: null,
    rehearsal: null,
    factSheetAnswers: null,
    ...change,
  });
  const grant = async (person: TestPerson, key: string, change: Partial<EntryRequest> = {}) => {
    const assertion = await assertionFor(person);
    return calling().call(granted, (hub) =>
      hub.participation.grant.mutate({ assertion, key, request: request(change) }),
    );
  };
  const wanted = async (person: TestPerson, key: string) => {
    const answer = await grant(person, key);
    if (answer.state !== 'wanted') throw new Error(answer.state);
    return answer;
  };
  const send = async (
    id: string,
    {
      data = bytes,
      offset = 0,
      from = home,
      digest = digestOf(bytes),
      grantSigned = id,
    }: { data?: Buffer; offset?: number; from?: FederatedHub; digest?: string; grantSigned?: string } = {},
  ) => {
    const audience = south.context.keys.rootId;
    const procedure = uploadProcedure(grantSigned);
    const token = await signCall(from.context.keys, { audience, procedure, body: { digest }, protocol: 1 });
    const response = await fetch(`${south.address}/federation/uploads/${id}?offset=${offset}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
      body: new Uint8Array(data),
    });
    const said = (await response.json()) as { error?: { code: string }; received?: number };
    return { status: response.status, code: said.error?.code ?? null, received: said.received ?? null };
  };

  test('takes the bytes in parts, goes on where they broke off, and is good for once', async () => {
    const key = randomUUID();
    const first = await wanted(ana, key);
    expect(await send(first.grant, { data: bytes.subarray(0, 10) })).toMatchObject({ received: 10 });
    // Whoever thinks that more is here is told what is.
    expect(await send(first.grant, { data: bytes.subarray(20), offset: 20 })).toMatchObject({ received: 10 });
    const second = await wanted(ana, key);
    expect(second.offset).toBe(10);
    expect(await send(first.grant, { data: bytes.subarray(10), offset: 10 })).toMatchObject({
      code: 'grant_unknown',
    });
    expect(await send(second.grant, { data: bytes.subarray(10), offset: 10 })).toMatchObject({ status: 200 });
    expect(await send(second.grant)).toMatchObject({ status: 404, code: 'grant_unknown' });
    expect(await grant(ana, key)).toEqual({ state: 'complete' });
  });

  test('takes no other bytes than it is for', async () => {
    const key = randomUUID();
    const other = Buffer.from('other bytes, of the same size');
    expect(other.length).toBe(bytes.length);
    const { grant: id } = await wanted(ana, key);
    expect(await send(id, { data: other })).toMatchObject({ status: 409, code: 'digest_differs' });
    expect(await south.context.blobs.stat(digestOf(other))).toBeNull();
    expect(await send(id, { digest: digestOf(other) })).toMatchObject({ code: 'body_differs' });
    expect((await wanted(ana, key)).offset).toBe(0);
    await expect(grant(ana, key, { digest: digestOf(other) })).rejects.toMatchObject({
      refusal: 'entry_differs',
    });
  });

  test('is of no use to anybody else', async () => {
    const key = randomUUID();
    const { grant: id } = await wanted(ana, key);
    await using east = await createFederatedHub('east');
    await befriend(east, south);
    expect(await send(id, { from: east })).toMatchObject({ code: 'grant_unknown' });
    expect(await send(id, { grantSigned: randomUUID() })).toMatchObject({ code: 'procedure_wrong' });
    const unsigned = await fetch(`${south.address}/federation/uploads/${id}`, { method: 'PUT' });
    expect(unsigned.status).toBe(401);
    const mallory = await enrolled('mallory');
    await expect(grant(mallory, key)).rejects.toMatchObject({ refusal: 'entry_unknown' });
    const assertion = await assertionFor(mallory);
    await expect(
      calling().call(z.unknown(), (hub) => hub.participation.submit.mutate({ assertion, key })),
    ).rejects.toMatchObject({ refusal: 'entry_unknown' });
  });

  test('is not given to whoever may not submit', async () => {
    const unregistered = await hubs.person('unregistered');
    await expect(grant(unregistered, randomUUID())).rejects.toMatchObject({ refusal: 'entry_not_allowed' });
    await expect(grant(ana, randomUUID(), { size: 2 ** 50 })).rejects.toMatchObject({ refusal: 'too_large' });
  });
});

describe('after a backup', () => {
  /** As if the peer had been taken back to before it was delivered: its number is free again. */
  async function forgetAtSouth(name: string): Promise<void> {
    const own = `(select id from submissions where owner_id = (select id from users where username = '${name}@home'))`;
    const { pool } = south.context.database;
    await pool.query(`delete from peer_entries where submission_id in ${own}`);
    await pool.query(
      `delete from claims where run_id in (select id from runs where submission_id in ${own})`,
    );
    await pool.query(`delete from runs where submission_id in ${own}`);
    await pool.query(`delete from submissions where id in ${own}`);
    await pool.query(`select setval('submissions_id_seq', (select max(id) from submissions))`);
  }
  const again = (id: number, person: TestPerson) =>
    home.context.participation.submissions.again(person.actor, id);

  test('of the peer: what it lost is told as lost, taken for nothing else, and sent again once', async () => {
    const person = await enrolled('restored');
    const newcomer = await enrolled('newcomer');
    const { id } = await submit(person);
    await deliver(id);
    await expect(again(id, person)).rejects.toMatchObject({ code: 'not_refused' });
    const number = (await get(id, person)).submission!.id;
    await forgetAtSouth('restored');
    const theirs = await submit(newcomer);
    await deliver(theirs.id);
    expect((await get(theirs.id, newcomer)).submission!.id).toBe(number);
    await follow();
    expect(await get(id, person)).toMatchObject({ state: 'entered', isLost: true });
    const { submissions: own } = home.context.participation;
    expect(await own.ownAt(person.actor, hubs.southAtHome, challenge.phaseId)).toEqual(new Set());

    await again(id, person);
    await deliver(id);
    const sent = await get(id, person);
    expect(sent).toMatchObject({ state: 'entered', isLost: false, submission: { owner: 'restored@home' } });
    expect(await enteredAtSouth('restored')).toBe(1);
  });

  test('of the peer, with something half delivered: it is delivered from the beginning', async () => {
    const person = await enrolled('half');
    const { id } = await submit(person);
    loseAnswerOf('receive');
    await deliver(id);
    await south.context.database.queries.delete(peerEntries).where(sql`${peerEntries.submissionId} is null`);
    await later();
    await deliver(id);
    expect((await get(id, person)).state).toBe('entered');
    expect(await enteredAtSouth('half')).toBe(1);
  });

  test('of the peer, which does not know that they take part: they join again, and it is entered', async () => {
    const person = await enrolled('forgotten');
    const { pool } = south.context.database;
    const account = `(select id from users where username = 'forgotten@home')`;
    await pool.query(`delete from participants where user_id = ${account}`);
    await pool.query(`delete from peer_acceptances where user_id = ${account}`);
    const { id } = await submit(person);
    await deliver(id);
    expect(await get(id, person)).toMatchObject({ state: 'refused' });
    const { participation } = home.context;
    expect((await participation.mine(person.actor, challenge)).standing?.status).toBeNull();
    const { competition } = await participation.competition(person.actor, challenge);
    await participation.register(person.actor, { ...challenge, termsDigest: competition!.termsDigest });
    await again(id, person);
    await deliver(id);
    expect((await get(id, person)).state).toBe('entered');
  });
});

describe('keys that are rotated while it is delivered', () => {
  /** Before the so-manieth call goes out. */
  async function beforeCall(place: number, act: () => Promise<unknown>, work: () => Promise<unknown>) {
    const { fetch } = globalThis;
    let calls = 0;
    globalThis.fetch = async (input, init) => {
      const isDelivery = /participation\.(grant|submit)|uploads/.test(String(input));
      if (isDelivery && ++calls === place) await act();
      return fetch(input, init);
    };
    try {
      await work();
    } finally {
      globalThis.fetch = fetch;
    }
  }

  test.each([1, 2, 3])('of both hubs, when call %d has been signed', async (place) => {
    const person = await enrolled(`rotated-${place}`);
    const { id } = await submit(person);
    const rotate = () => Promise.all([home.context.keys.rotate(), south.context.keys.rotate()]);
    await beforeCall(place, rotate, () => deliver(id));
    // A peer looks for new keys a few times in half a minute at most.
    if ((await get(id, person)).state === 'queued') {
      await south.federation.directory.look(await south.federation.directory.get(hubs.homeAtSouth));
      await later();
      await deliver(id);
    }
    expect(await get(id, person)).toMatchObject({ state: 'entered', problem: null });
    expect(await enteredAtSouth(`rotated-${place}`)).toBe(1);
  });

  test('and the one that has signed is ended at once: it waits, and goes on', async () => {
    const person = await enrolled('retired-key');
    const { id } = await submit(person);
    const end = async () => {
      const before = home.context.keys.signing.id;
      await home.context.keys.rotate();
      await home.context.keys.retire(before);
      await south.federation.directory.look(await south.federation.directory.get(hubs.homeAtSouth));
    };
    await beforeCall(3, end, () => deliver(id));
    expect(await get(id, person)).toMatchObject({ state: 'queued', problem: { code: 'key_retired' } });
    await later();
    await deliver(id);
    expect((await get(id, person)).state).toBe('entered');
    expect(await enteredAtSouth('retired-key')).toBe(1);
  });
});

describe('trust that ends', () => {
  test('a person who withdraws is not told of any more, nor is anything entered for them', async () => {
    const person = await enrolled('leaver');
    const entered = await submit(person);
    await deliver(entered.id);
    const waiting = await submit(person);
    await home.context.identity.agreements.withdraw(person.actor, hubs.southAtHome);
    await home.context.identity.tend();
    await deliver(waiting.id);
    expect(await get(waiting.id, person)).toMatchObject({
      state: 'refused',
      problem: { code: 'consent_missing' },
    });
    await follow();
    expect(await get(entered.id, person)).toMatchObject({ state: 'entered', isLost: true });
  });

  test('a peer that is revoked neither takes nor is asked anything; what waits goes on waiting', async () => {
    const person = await enrolled('faithful');
    const { id } = await submit(person);
    const { queries } = south.context.database;
    const set = (state: 'revoked' | 'active') =>
      queries.update(peers).set({ state }).where(eq(peers.id, hubs.homeAtSouth));
    await set('revoked');
    await deliver(id);
    expect(await get(id, person)).toMatchObject({ state: 'queued', problem: { code: 'peer_revoked' } });
    await set('active');
    await later();
    await deliver(id);
    expect((await get(id, person)).state).toBe('entered');
  });
});

describe('what a hostile peer says', () => {
  async function said(change: (answer: { changed: object[] }) => unknown): Promise<void> {
    const { entered } = south.context.participation;
    Object.assign(entered, {
      changes: async (...args: Parameters<typeof entered.changes>) =>
        change(await Object.getPrototypeOf(entered).changes.apply(entered, args)),
    });
    await home.context.database.queries.update(peerSubmissions).set({ remoteDigest: null, isOver: false });
    await follow();
    Object.assign(entered, { changes: Object.getPrototypeOf(entered).changes });
  }

  test('about submissions that it was not asked about changes nothing', async () => {
    const { id } = await submit();
    await deliver(id);
    const before = (await get(id)).submission;
    await said(({ changed }) => ({
      changed: changed.map((each) => ({ ...each, key: randomUUID() })),
      lost: [],
      more: false,
    }));
    expect((await get(id)).submission).toEqual(before);
  });

  test('that one has become another, or none that can be read, changes nothing', async () => {
    const { id } = await submit();
    await deliver(id);
    const before = (await get(id)).submission;
    const become = (change: object) =>
      said((answer) => ({
        ...answer,
        changed: answer.changed.map((each) => {
          const { submission } = each as { submission: object };
          return { ...each, submission: { ...submission, ...change } };
        }),
      }));
    await become({ id: 999_999 });
    await become({ status: 'Won' });
    await home.context.database.queries.delete(peerHealth);
    await become({ description: 'a'.repeat(20_000) });
    expect((await get(id)).submission).toEqual(before);
  });
});

/** A node of south takes all that waits, and each run scores `score`. */
async function finishAll(score: number): Promise<void> {
  const { database, boards, live } = south.context;
  const node = await seedNode(database, `site-${randomUUID().slice(0, 8)}`);
  const claimed = await claim(database, node.queueIds.map(queuePool), node.id, 100, 60_000);
  const ends = claimed.map((run) => ({
    runId: run.runId,
    attempt: run.attempt,
    nodeId: node.id,
    outcome: 'finished' as const,
    failureCode: null,
    fault: null,
    scores: { score },
    startedAt: null,
    imageDigest: null,
    receipt: null,
  }));
  const { topics } = await complete({ database, boards, maxAttempts: 1 }, ends);
  live.announce(topics);
}
