import { randomBytes } from 'node:crypto';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../accounts/access.ts';
import { participants } from '../../competitions/schema.ts';
import type { HubContext } from '../../context/context.ts';
import { submissions } from '../../submissions/schema.ts';
import { PURPOSES } from '../identity/model.ts';
import { Fate, type Moment, MortalHub } from '../testing/mortal-hub.ts';
import type { PeerSubmission } from './home/view.ts';
import { peerAcceptances, peerEntries } from './schema.ts';
import { type Challenge, createTwoHubs, type TwoHubs } from './testing/two-hubs.ts';

/*
 * Somebody of the home hub takes part at the peer, and at each commit of either hub that hub is killed; and at each call the wire breaks, before it
 * arrives and after, when its answer is lost. Then the hub starts again, an hour passes, and all has to be as if nothing had happened.
 */

const TABLES = [
  'peer_submissions',
  'peer_registrations',
  'peer_entries',
  'peer_acceptances',
  'participants',
  'submissions',
  'runs',
  'resources',
];

interface Person {
  readonly id: number;
  readonly username: string;
  readonly actor: Actor;
}

let hubs: TwoHubs;
let home: MortalHub;
let peer: MortalHub;
let fate: Fate;
let challenge: Challenge;
let ana: Person;
let people = 0;

beforeAll(async () => {
  hubs = await createTwoHubs();
  home = new MortalHub(hubs.home);
  peer = new MortalHub(hubs.south);
  // What a hub does when it starts: the tables of its jobs are there before it does anything.
  for (const { context } of [hubs.home, hubs.south]) await context.jobs.migrate();
  challenge = await hubs.competition();
  fate = new Fate(home, peer, TABLES);
  ana = await person();
  await join(ana);
});
afterAll(async () => {
  fate[Symbol.dispose]();
  for (const hub of [home, peer]) await hub[Symbol.asyncDispose]();
  await hubs[Symbol.asyncDispose]();
});

const atHome = (): HubContext => home.now.context;
const atPeer = (): HubContext => peer.now.context;

async function person(): Promise<Person> {
  const username = `person-${++people}`;
  const account = { username, email: `${username}@example.org`, password: 'a long password' };
  const { id } = await atHome().accounts.create({ ...account, isAdmin: false, isRobot: false });
  const user = { id, username, isAdmin: false, isRobot: false };
  const actor: Actor = { kind: 'user', user, via: 'session' };
  const agreement = { purposes: PURPOSES, shares: [], subjectKind: 'pairwise' } as const;
  await atHome().identity.agreements.give(actor, hubs.southAtHome, agreement);
  return { id, username, actor };
}

async function join({ actor }: Person): Promise<void> {
  const { participation } = atHome();
  const { competition } = await participation.competition(actor, challenge);
  await participation.register(actor, { ...challenge, termsDigest: competition!.termsDigest });
}

async function upload({ id }: Person): Promise<string> {
  const { blobs, resources, database } = atHome();
  const bytes = randomBytes(100_000);
  const blob = await blobs.put(once(bytes), { maxBytes: bytes.length });
  const file = { type: 'submission', name: 'x', fileName: 'x.zip', createdBy: id } as const;
  return (await resources.add(database.queries, file, blob)).key;
}

async function* once(content: Buffer): AsyncIterable<Uint8Array> {
  yield content;
}

const create = (name: string, resourceKey: string) =>
  atHome().participation.submissions.create(ana.actor, { ...challenge, resourceKey, name });
const deliver = (id: number) => atHome().participation.delivering.deliver(id, new AbortController().signal);

async function named(name: string): Promise<PeerSubmission[]> {
  const { items } = await atHome().participation.submissions.mine(ana.actor, { limit: 100 });
  return items.filter((each) => each.name === name);
}

async function entered(name: string): Promise<string[]> {
  const rows = await atPeer()
    .database.queries.select({ status: submissions.status })
    .from(submissions)
    .where(and(eq(submissions.name, name), isNull(submissions.parentId)));
  return rows.map(({ status }) => status);
}

/** All pauses and holds are over. */
async function anHourPasses(): Promise<void> {
  await atHome().database.queries.execute(sql`
    update peer_submissions set next_try_at = next_try_at - interval '1 hour', held_until = held_until - interval '1 hour',
      looked_at = looked_at - interval '1 hour'`);
  await atHome().database.queries.execute(sql`
    update peer_health set retry_at = retry_at - interval '1 hour'`);
}

/** What the minutes' jobs do, at both hubs, until nothing waits. */
async function settle(name: string): Promise<void> {
  for (let round = 0; round < 5; round++) {
    await anHourPasses();
    await atPeer().participation.tend();
    await atHome().participation.tend();
    for (const { id, state } of await named(name)) {
      if (state !== 'queued' && state !== 'withdrawing') continue;
      const { rows } = await atHome().database.pool.query(
        'select 1 from graphile_worker.jobs where key = $1',
        [`deliver:${id}`],
      );
      expect(rows, `somebody goes on with ${id}`).toHaveLength(1);
      await deliver(id);
    }
    await atHome().participation.following.follow(hubs.southAtHome);
    if ((await named(name)).every(({ state }) => state !== 'queued' && state !== 'withdrawing')) return;
  }
}

/** Each moment of some work, one after the other: first it is counted how many there are. */
async function atEachMoment(
  work: (name: string) => Promise<{ during: () => Promise<unknown>; after: () => Promise<void> }>,
): Promise<number> {
  let moments: (Moment | null)[] = [null];
  for (let next = 0; next < moments.length; next++) {
    const moment = moments[next]!;
    const name = moment ? `${moment.when} ${moment.place} of ${moment.of}` : 'undisturbed';
    const { during, after } = await work(`${name} ${randomBytes(4).toString('hex')}`);
    const counts = await fate.during(during, moment);
    if (!moment) moments = [null, ...momentsOf(counts)];
    await fate.mend();
    try {
      await after();
    } catch (error) {
      throw new Error(`killed ${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
  return moments.length - 1;
}

/** Of a commit at the peer, right after is as before the next, or as when the answer is lost. */
function momentsOf(counts: Record<Moment['of'], number>): Moment[] {
  return (Object.keys(counts) as Moment['of'][]).flatMap((of) =>
    Array.from({ length: counts[of] }, (_, index) => index + 1).flatMap((place) =>
      (of === 'commits of the peer' ? (['before'] as const) : (['before', 'after'] as const)).map((when) => ({
        of,
        place,
        when,
      })),
    ),
  );
}

describe('whatever is killed, whenever', { timeout: 300_000 }, () => {
  test('somebody joins once, with one signed acceptance', async () => {
    const moments = await atEachMoment(async () => {
      const newcomer = await person();
      return {
        during: () => join(newcomer),
        async after() {
          await anHourPasses();
          await join(newcomer);
          expect(await atHome().participation.mine(newcomer.actor, challenge)).toMatchObject({
            standing: { status: 'approved', problem: null },
          });
          const { queries } = atPeer().database;
          const account = sql`(select id from users where username = ${`${newcomer.username}@home`})`;
          expect(await queries.$count(peerAcceptances, eq(peerAcceptances.userId, account))).toBe(1);
          expect(await queries.$count(participants, eq(participants.userId, account))).toBe(1);
        },
      };
    });
    expect(moments).toBeGreaterThanOrEqual(6);
  });

  test('a submission is entered once, and goes on to its score', async () => {
    const moments = await atEachMoment(async (name) => {
      const key = await upload(ana);
      return {
        during: async () => deliver((await create(name, key)).id),
        async after() {
          // It is there, in a state that says what it waits for; or it never was, and they were told so.
          const [kept, ...others] = await named(name);
          expect(others).toEqual([]);
          if (kept?.state === 'queued') expect(kept.problem ?? kept.nextTryAt ?? 'held').toBeTruthy();
          if (!kept) await create(name, key);
          await settle(name);
          expect(await named(name)).toMatchObject([
            { state: 'entered', problem: null, isLost: false, submission: { status: 'Submitted' } },
          ]);
          expect(await entered(name)).toEqual(['Submitted']);
          const { queries } = atPeer().database;
          const own = eq(sql`${peerEntries.request} ->> 'name'`, name);
          expect(await queries.$count(peerEntries, own)).toBe(1);
        },
      };
    });
    expect(moments).toBeGreaterThanOrEqual(20);
  });

  test('what is cancelled at the peer is cancelled', async () => {
    const moments = await atEachMoment(async (name) => {
      const { id } = await create(name, await upload(ana));
      await deliver(id);
      const withdraw = () => atHome().participation.submissions.withdraw(ana.actor, id);
      return {
        during: withdraw,
        async after() {
          await anHourPasses();
          await withdraw();
          await settle(name);
          expect(await named(name)).toMatchObject([
            { state: 'entered', submission: { status: 'Cancelled' } },
          ]);
          expect(await entered(name)).toEqual(['Cancelled']);
        },
      };
    });
    expect(moments).toBeGreaterThanOrEqual(4);
  });

  test('what is taken back while nobody knows whether it got there is never scored', async () => {
    const moments = await atEachMoment(async (name) => {
      const { id } = await create(name, await upload(ana));
      // Its answer is lost.
      const lost: Moment = { of: 'calls', place: 3, when: 'after' };
      await fate.during(() => deliver(id), lost);
      await fate.mend();
      await anHourPasses();
      const withdraw = () => atHome().participation.submissions.withdraw(ana.actor, id);
      return {
        during: async () => {
          await withdraw();
          await deliver(id);
        },
        async after() {
          const [{ state } = { state: null }] = await named(name);
          if (state === 'queued') await withdraw();
          await settle(name);
          expect(await named(name)).toMatchObject([
            { state: 'entered', submission: { status: 'Cancelled' } },
          ]);
          expect(await entered(name)).toEqual(['Cancelled']);
        },
      };
    });
    expect(moments).toBeGreaterThanOrEqual(6);
  });
});
