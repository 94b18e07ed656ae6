import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { anonymous } from '../../accounts/access.ts';
import { competitions, leaderboards, phases } from '../../competitions/schema.ts';
import { claim } from '../../dispatch/claim.ts';
import { complete } from '../../dispatch/complete.ts';
import { queuePool } from '../../dispatch/pools.ts';
import { runs } from '../../dispatch/schema.ts';
import { seedNode } from '../../dispatch/testing/seed.ts';
import type { TestPerson } from '../../http/testing/test-hub.ts';
import { resources } from '../../resources/schema.ts';
import { siteDatasets } from '../../sites/schema.ts';
import { submissions } from '../../submissions/schema.ts';
import { peers } from '../peers/schema.ts';
import type { FederatedHub } from '../testing/federated-hub.ts';
import type { PeerSubmission } from './home/view.ts';
import type { FileOffers } from './peer/file-offers.ts';
import { peerReadings } from './schema.ts';
import { type Challenge, type ChallengeOptions, createTwoHubs, type TwoHubs } from './testing/two-hubs.ts';

const REPORT = Buffer.from('<script>document.title = 1</script><h1>Report</h1>');
const KIT = Buffer.alloc(200_000, 'kit');
const never = new AbortController().signal;

let hubs: TwoHubs;
let home: FederatedHub;
let south: FederatedHub;
beforeAll(async () => {
  hubs = await createTwoHubs();
  ({ home, south } = hubs);
});
afterAll(() => hubs[Symbol.asyncDispose]());

const store = (content: Buffer) => south.context.blobs.put([content] as never, { maxBytes: 1024 ** 2 });
const own = () => home.context.participation.submissions;

/** A competition at south with whoever has joined it from home. */
async function joined(options: ChallengeOptions = {}): Promise<{ challenge: Challenge; ana: TestPerson }> {
  const challenge = await hubs.competition(options);
  const ana = await hubs.person(`ana-${randomUUID().slice(0, 8)}`);
  const { competition } = await home.context.participation.competition(ana.actor, challenge);
  const { termsDigest } = competition!;
  await home.context.participation.register(ana.actor, { ...challenge, termsDigest });
  return { challenge, ana };
}

async function entered(ana: TestPerson, challenge: Challenge, change: object = {}): Promise<PeerSubmission> {
  const resourceKey = await home.upload(ana, 'submission', Buffer.from(`from ${ana.username}`));
  const { hub, id, phaseId } = challenge;
  const made = await own().create(ana.actor, { hub, id, phaseId, resourceKey, name: 'first', ...change });
  await home.context.participation.delivering.deliver(made.id, never);
  return own().peek(ana.actor, made.id);
}

/** Scored, with a report and what else a run may leave. */
async function scored(ana: TestPerson, challenge: Challenge): Promise<PeerSubmission> {
  const { id, submission } = await entered(ana, challenge);
  const { database, boards } = south.context;
  const node = await seedNode(database, `site-${randomUUID().slice(0, 8)}`);
  const claimed = await claim(database, node.queueIds.map(queuePool), node.id, 100, 60_000);
  const end = { outcome: 'finished' as const, failureCode: null, fault: null, scores: { score: 0.5 } };
  const rest = { nodeId: node.id, startedAt: null, imageDigest: null, receipt: null };
  await complete(
    { database, boards, maxAttempts: 1 },
    claimed.map(({ runId, attempt }) => ({ runId, attempt, ...end, ...rest })),
  );
  const [{ digest }, { digest: output }] = await Promise.all([store(REPORT), store(KIT)]);
  for (const part of [submission!, ...submission!.children])
    await database.queries
      .update(runs)
      .set({ outputs: { prediction_result: output, detailed_result: digest } })
      .where(eq(runs.submissionId, part.id));
  return own().get(ana.actor, id);
}

const fetched = async (url: string, person?: TestPerson) => {
  const response = await fetch(`${home.address}${url}`, { headers: person?.headers ?? {} });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
};

describe('what comes with a peer’s competition', () => {
  test('starting kits come through the home hub, for those who have joined', async () => {
    const { challenge, ana } = await joined();
    const { digest, size } = await store(KIT);
    const { queries } = south.context.database;
    const [kit] = await queries
      .insert(resources)
      .values({
        type: 'starting_kit',
        name: 'Kit',
        fileName: 'kit "1".zip',
        createdBy: challenge.seed.ownerId,
        digest,
        size,
        uploadedAt: new Date(),
      })
      .returning();
    await queries.update(phases).set({ startingKitId: kit!.id }).where(eq(phases.id, challenge.phaseId));
    await home.context.database.queries.execute('delete from peer_readings');
    const { competition } = await home.context.participation.competition(ana.actor, challenge);
    const { url } = competition!.phases[0]!.files[0]!;
    const { response, bytes } = await fetched(url, ana);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-disposition')).toContain('kit');
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
    expect(bytes.equals(KIT)).toBe(true);

    const { response: nobody } = await fetched(url);
    expect(nobody.status).toBe(401);
    const eve = await hubs.person('eve');
    const refused = await fetched(url, eve);
    expect(JSON.parse(refused.bytes.toString())).toMatchObject({ error: { code: 'peer_refused' } });
  });
});

describe('a peer’s board to download', () => {
  test('whole, and with whose it is and when it was read, also while the peer does not answer', async () => {
    const { challenge, ana } = await joined();
    await scored(ana, challenge);
    const file = (format: string) =>
      fetched(`/files/peers/south/${challenge.id}/boards/${challenge.phaseId}/${format}`);
    const { queries } = home.context.database;
    const setState = (state: 'active' | 'paused') =>
      queries.update(peers).set({ state }).where(eq(peers.id, hubs.southAtHome));

    onTestFinished(async () => void (await setState('active')));

    // Of the whole board nothing was ever read: what a page of it showed is all there is.
    const { hub, id, phaseId } = challenge;
    await home.context.participation.board(ana.actor, { hub, id, phaseId });
    await setState('paused');
    expect(JSON.parse((await file('json')).bytes.toString())).toMatchObject({ entries: [{ rank: 1 }] });
    await setState('active');

    const { response, bytes } = await file('csv');
    expect(response.headers.get('content-disposition')).toContain(`south-results-${challenge.phaseId}.csv`);
    const [head, first] = bytes.toString().split('\r\n');
    expect(head).toMatch(/^rank,participant,.*,hub,competition,read$/);
    expect(first).toMatch(new RegExp(`^1,${ana.username}@home,.*,south,${challenge.id},2.*Z$`));

    await queries.update(peerReadings).set({ readAt: new Date('2026-01-02') });
    await setState('paused');
    expect(JSON.parse((await file('json')).bytes.toString())).toMatchObject({
      source: { hub: 'south', competition: challenge.id, readAt: '2026-01-02T00:00:00.000Z', complete: true },
      total: 1,
      entries: [{ rank: 1, owner: `${ana.username}@home`, scores: { score: { value: '0.50' } } }],
    });
  });

  test('page after page, and says so where it is cut', async () => {
    const { challenge, ana } = await joined();
    await scored(ana, challenge);
    const { guests } = south.context.participation;
    const { board: honest } = guests;
    const pages = Array.from({ length: 100 }, (_, page) => page);
    Object.assign(guests, {
      board: async (...[peer, { cursor, ...request }]: Parameters<typeof honest>) => {
        const { rows, ...view } = await honest.call(guests, peer, request);
        const page = Number(cursor ?? 0);
        return {
          ...view,
          total: 200 * pages.length,
          rows: Array.from({ length: 200 }, (_, at) => ({ ...rows[0], submissionId: 200 * page + at + 1 })),
          nextCursor: page + 1 < pages.length ? String(page + 1) : null,
        };
      },
    });
    const url = `/files/peers/south/${challenge.id}/boards/${challenge.phaseId}/csv`;
    const { response, bytes } = await fetched(url);
    Object.assign(guests, { board: honest });
    expect(response.headers.get('content-disposition')).toContain('first-5000-of-20000');
    expect(bytes.toString().trim().split('\r\n')).toHaveLength(5_001);
  });
});

describe('what comes of one’s own submission', () => {
  test('reports and files, each isolated, and nobody else’s', async () => {
    const { challenge, ana } = await joined({ tasks: 2, settings: { enableDetailedResults: true } });
    const { id } = await scored(ana, challenge);
    const { files } = await own().details(ana.actor, id);
    expect(files.map(({ kind, of }) => [kind, of])).toEqual([
      ['submission', null],
      ['prediction_result', 'Task 0'],
      ['detailed_result', 'Task 0'],
      ['prediction_result', 'Task 1'],
      ['detailed_result', 'Task 1'],
    ]);
    const report = files.find(({ kind }) => kind === 'detailed_result')!;
    const { response, bytes } = await fetched(report.url, ana);
    expect(bytes.equals(REPORT)).toBe(true);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(
      /^sandbox allow-scripts; default-src 'none'/,
    );
    expect((await fetched(files[0]!.url, ana)).bytes.toString()).toBe(`from ${ana.username}`);

    const eve = await hubs.person(`eve-${randomUUID().slice(0, 8)}`);
    for (const { url } of files) {
      expect((await fetched(url)).response.status).toBe(401);
      expect((await fetched(url, eve)).response.status).toBe(404);
    }
    // Of another's submission at the peer, by the number of one's own here.
    const stranger = await joined({ settings: { enableDetailedResults: true } });
    const other = await scored(stranger.ana, stranger.challenge);
    const part = report.url.split('/').at(-1);
    const foreign = await fetched(
      `/files/peer-submissions/${other.id}/${part}/prediction_result`,
      stranger.ana,
    );
    expect([foreign.response.status, JSON.parse(foreign.bytes.toString())]).toMatchObject([
      409,
      { error: { code: 'peer_refused' } },
    ]);
  });

  test('its report on the board, where the peer shows it there', async () => {
    const { challenge, ana } = await joined({
      settings: { enableDetailedResults: true, showDetailedResultsInLeaderboard: true },
    });
    await scored(ana, challenge);
    const { content } = await home.context.participation.board(anonymous, challenge);
    const { bytes } = await fetched(content.rows[0]!.detailedResultUrl!);
    expect(bytes.equals(REPORT)).toBe(true);
    const { competition } = await home.context.participation.competition(anonymous, challenge);
    const elsewhere = `/reports/peers/south/${competition!.id}/999999999`;
    expect((await fetched(elsewhere)).response.status).not.toBe(200);
  });

  test('it is named, described and made public, and then seen by everybody', async () => {
    const { challenge, ana } = await joined({ settings: { canParticipantsMakeSubmissionsPublic: true } });
    const { id } = await scored(ana, challenge);
    expect(await own().details(ana.actor, id)).toMatchObject({ canEdit: true, canPublish: true });
    const edited = await own().edit(ana.actor, id, { name: 'Better', description: 'Why', isPublic: true });
    expect(edited).toMatchObject({ name: 'Better', description: 'Why', submission: { isPublic: true } });
    const { content } = await home.context.participation.published(challenge);
    expect(content.items).toMatchObject([{ name: 'Better', owner: `${ana.username}@home` }]);
    const at = `/files/peers/south/${challenge.id}/submissions/${content.items[0]!.id}`;
    expect((await fetched(at)).bytes.toString()).toBe(`from ${ana.username}`);
    await own().edit(ana.actor, id, { isPublic: false });
    expect((await fetched(at)).response.status).toBe(409);
  });

  test('it is put on the board and taken off it as the rule says, and deleted once it is off', async () => {
    const { challenge, ana } = await joined();
    const { queries } = south.context.database;
    await queries
      .update(leaderboards)
      .set({ submissionRule: 'Add_And_Delete' })
      .where(eq(leaderboards.competitionId, challenge.id));
    const { id } = await scored(ana, challenge);
    const may = async () => {
      const { canPutOnLeaderboard, canRemoveFromLeaderboard } = await own().details(ana.actor, id);
      return [canPutOnLeaderboard, canRemoveFromLeaderboard];
    };
    expect(await may()).toEqual([true, false]);
    expect((await own().setOnLeaderboard(ana.actor, id, true)).submission?.onLeaderboard).toBe(true);
    expect(await may()).toEqual([false, true]);
    await expect(own().remove(ana.actor, id)).rejects.toMatchObject({ refusal: expect.any(String) });
    await own().setOnLeaderboard(ana.actor, id, false);
    const { submission } = await own().peek(ana.actor, id);
    await own().remove(ana.actor, id);
    await expect(own().peek(ana.actor, id)).rejects.toMatchObject({ code: 'submission_not_found' });
    const [row] = await queries.select().from(submissions).where(eq(submissions.id, submission!.id));
    expect(row?.deletedAt).not.toBeNull();
  });

  test('what is under way is not deleted, and what the board’s rule forbids is said in the peer’s words', async () => {
    const { challenge, ana } = await joined();
    const { id } = await entered(ana, challenge);
    await expect(own().remove(ana.actor, id)).rejects.toMatchObject({ code: 'not_over' });
    await expect(own().setOnLeaderboard(ana.actor, id, true)).rejects.toMatchObject({
      code: 'peer_refused',
      detail: expect.stringContaining('board'),
    });
  });

  test('the fact sheet is shown with what was answered', async () => {
    const { challenge, ana } = await joined();
    const question = {
      key: 'method',
      type: 'text',
      title: 'Method',
      selection: [] as string[],
      isRequired: true,
      isOnLeaderboard: false,
    } as const;
    await south.context.database.queries
      .update(competitions)
      .set({ factSheet: [question] })
      .where(eq(competitions.id, challenge.id));
    await home.context.database.queries.execute('delete from peer_readings');
    await expect(entered(ana, challenge)).rejects.toMatchObject({ code: 'fact_sheet_invalid' });
    const { id } = await entered(ana, challenge, { factSheetAnswers: { method: 'U-Net' } });
    expect((await own().details(ana.actor, id)).factSheet).toEqual([
      { key: 'method', title: 'Method', answer: 'U-Net' },
    ]);
  });
});

test('a rehearsal at a site of the peer, which counts for nothing', async () => {
  const siteData = `ward-${randomUUID().slice(0, 8)}`;
  const { challenge, ana } = await joined({ siteData, perPerson: 1 });
  const { queries } = south.context.database;
  const { siteId } = await seedNode(south.context.database, `site-${siteData}`, siteData);
  await queries.update(siteDatasets).set({ hasSynthetic: true }).where(eq(siteDatasets.siteId, siteId));
  const offer = async () =>
    (await home.context.participation.mine(ana.actor, challenge)).standing?.allowances?.[0];
  expect(await offer()).toMatchObject({
    canRehearse: true,
    rehearsal: { sites: [{ name: `site-${siteData}` }] },
  });
  const rehearsal = { site: `site-${siteData}` };
  const { id, submission, isRehearsal } = await entered(ana, challenge, { rehearsal });
  expect([isRehearsal, submission]).toMatchObject([true, { isRehearsal: true, runs: [{}] }]);
  // Delivered once more: the same one.
  await home.context.participation.delivering.deliver(id, never);
  expect(await offer()).toMatchObject({ usedInAll: 0, can: true, rehearsal: { usedToday: 1 } });
});

describe('a hostile peer', () => {
  let url: string;
  let ana: TestPerson;
  beforeAll(async () => {
    const made = await joined();
    ana = made.ana;
    const { id } = await scored(ana, made.challenge);
    const { files } = await own().details(ana.actor, id);
    url = files.find(({ kind }) => kind === 'prediction_result')!.url;
  });

  test.each([
    ['other bytes than it offers', { digest: `sha256:${'1'.repeat(64)}` }, null],
    ['fewer bytes than it offers', { size: KIT.length + 1 }, null],
    ['more bytes than it offers', { size: 3 }, 'peer_answer_invalid'],
    ['more than this hub carries', { size: 10 ** 15 }, 'peer_answer_too_large'],
    ['an address elsewhere', { path: '//example.org/files/1' }, 'peer_answer_invalid'],
    ['what is not there', { path: '/files/none' }, 'peer_answer_invalid'],
  ])('that sends %s brings nobody a file', async (_what, change, code) => {
    const { fileOffers } = south.context.participation;
    const offer: FileOffers['offer'] = async (...asked) => ({
      ...(await Object.getPrototypeOf(fileOffers).offer.apply(fileOffers, asked)),
      ...change,
    });
    Object.assign(fileOffers, { offer });
    const response = await fetch(`${home.address}${url}`, { headers: ana.headers });
    // What has begun breaks off before its end; what has not is told.
    if (code === null) await expect(response.arrayBuffer()).rejects.toThrow();
    else expect(await response.json()).toMatchObject({ error: { code } });
  });
});
