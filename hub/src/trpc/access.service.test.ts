import { TRPCError } from '@trpc/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  actorOf,
  createPeople,
  createTestChallenge,
  type People,
  ROLES,
  type Role,
  type TestChallenge,
} from '../http/testing/test-challenge.ts';
import { createTestHub, type TestHub } from '../http/testing/test-hub.ts';
import { appRouter } from './router.ts';

const everybody: Role[] = [...ROLES];
const users: Role[] = ['user', 'steward', 'participant', 'organizer', 'admin'];
const organizers: Role[] = ['organizer', 'admin'];
const admins: Role[] = ['admin'];
/** Of the site that is asked about. */
const stewards: Role[] = ['steward', 'admin'];
/** Who takes part, as far as the participant's own things go. */
const involved: Role[] = ['participant', 'organizer', 'admin'];

const institution = {
  name: 'University',
  clientId: 'weir',
  clientSecret: 'secret',
  scopes: 'openid',
  visaIssuers: [],
  isEnabled: true,
};

const EMPTY_BOARD = {
  id: null,
  title: '',
  key: '',
  primaryIndex: 0,
  hidden: false,
  submissionRule: 'Add',
  taskRule: 'best',
  rankingTask: null,
  anonymous: false,
  ladderStep: null,
  bootstrapSamples: null,
  splits: [],
  columns: [],
};

interface Line {
  readonly allowed: readonly Role[];
  readonly input?: (challenge: TestChallenge) => unknown;
}

/** Who may call what. A procedure without a line here fails the test. */
const TABLE: Readonly<Record<string, Line>> = {
  'accounts.me': { allowed: everybody },
  'accounts.register': { allowed: everybody, input: () => ({ username: '-', email: '-', password: '-' }) },
  'accounts.login': {
    allowed: everybody,
    input: () => ({ login: 'organizer', password: "organizer's long password" }),
  },
  'accounts.logout': { allowed: everybody },
  'accounts.updateProfile': { allowed: users, input: () => ({ displayName: 'Somebody' }) },
  'accounts.changePassword': {
    allowed: users,
    input: () => ({ current: 'wrong', next: 'another password' }),
  },
  'accounts.tokens.list': { allowed: users },
  'accounts.tokens.create': { allowed: users, input: () => ({ name: 'token' }) },
  'accounts.tokens.revoke': { allowed: [], input: () => ({ id: 0 }) },

  // Nobody is asked for: what these say is who may ask.
  'identity.homes': { allowed: everybody },
  'identity.beginAtHome': { allowed: [], input: () => ({ peerId: 0, returnTo: '/' }) },
  'identity.asked': { allowed: [], input: () => ({ hub: `sha256:${'0'.repeat(64)}` }) },
  'identity.authorize': {
    allowed: [],
    input: () => ({ hub: `sha256:${'0'.repeat(64)}`, state: 'A'.repeat(43), challenge: 'A'.repeat(43) }),
  },
  'identity.agreements.list': { allowed: users },
  'identity.agreements.hubs': { allowed: users },
  'identity.agreements.give': {
    allowed: [],
    input: () => ({ peerId: 0, purposes: ['register'], shares: [], subjectKind: 'pairwise' }),
  },
  'identity.agreements.withdraw': { allowed: users, input: () => ({ peerId: 0 }) },
  'identity.people.list': { allowed: admins, input: () => ({}) },
  'identity.people.setSuspended': { allowed: [], input: () => ({ userId: 0, isSuspended: true }) },
  'institutions.offered': { allowed: everybody },
  'institutions.begin': { allowed: [], input: () => ({ id: 0, returnTo: '/' }) },
  'institutions.beginLink': { allowed: [], input: () => ({ id: 0, returnTo: '/' }) },
  // Only in the browser in which the sign-in was begun.
  'institutions.arrival': { allowed: everybody },
  'institutions.settle': { allowed: everybody, input: () => ({ username: 'somebody' }) },
  'institutions.identities': { allowed: users },
  'institutions.unlink': { allowed: [], input: () => ({ id: 0 }) },
  'institutions.list': { allowed: admins },
  'institutions.add': { allowed: admins, input: () => ({ ...institution, issuer: 'not an address' }) },
  'institutions.change': { allowed: [], input: () => ({ ...institution, id: 0 }) },

  'catalogue.list': { allowed: everybody, input: () => ({}) },
  // There is no peer: what is missing for everybody is denied to everybody.
  'catalogue.get': { allowed: [], input: () => ({ hub: 'south', id: 1 }) },
  'participation.competition': { allowed: [], input: () => ({ hub: 'south', id: 1 }) },
  'participation.board': { allowed: [], input: () => ({ hub: 'south', id: 1, phaseId: 1 }) },
  'participation.published': { allowed: [], input: () => ({ hub: 'south', id: 1 }) },
  'participation.receipts': { allowed: [], input: () => ({ hub: 'south', id: 1, submissionId: 1 }) },
  'participation.mine': { allowed: [], input: () => ({ hub: 'south', id: 1 }) },
  'participation.register': {
    allowed: [],
    input: () => ({ hub: 'south', id: 1, termsDigest: `sha256:${'0'.repeat(64)}` }),
  },
  'participation.submissions.create': {
    allowed: [],
    input: () => ({ hub: 'south', id: 1, phaseId: 1, resourceKey: 'none' }),
  },
  'participation.submissions.mine': { allowed: users, input: () => ({}) },
  'participation.submissions.get': { allowed: [], input: () => ({ id: 1 }) },
  'participation.submissions.details': { allowed: [], input: () => ({ id: 1 }) },
  'participation.submissions.edit': { allowed: [], input: () => ({ id: 1, name: 'New' }) },
  'participation.submissions.setOnLeaderboard': {
    allowed: [],
    input: () => ({ id: 1, onLeaderboard: true }),
  },
  'participation.submissions.remove': { allowed: [], input: () => ({ id: 1 }) },
  'participation.submissions.withdraw': { allowed: [], input: () => ({ id: 1 }) },
  'participation.submissions.again': { allowed: [], input: () => ({ id: 1 }) },
  'participation.submissions.logs': { allowed: [], input: () => ({ id: 1, runId: 1 }) },
  'participation.submissions.receipts': { allowed: [], input: () => ({ id: 1 }) },
  'live.peerSubmission': { allowed: [], input: () => ({ id: 1 }) },
  'live.myPeerSubmissions': { allowed: users, input: () => ({ hub: 'south', competitionId: 1 }) },
  'live.peerLogs': { allowed: [], input: () => ({ id: 1, runId: 1 }) },
  'live.peerBoard': { allowed: [], input: () => ({ hub: 'south', id: 1, phaseId: 1 }) },
  'participation.leave': { allowed: [], input: () => ({ hub: 'south', id: 1 }) },
  'catalogue.audience': { allowed: organizers, input: ({ competitionId }) => ({ competitionId }) },
  'catalogue.setAudience': {
    allowed: organizers,
    input: ({ competitionId }) => ({ competitionId, visibility: 'none', hubs: [] }),
  },

  'competitions.list': { allowed: everybody, input: () => ({}) },
  'competitions.get': { allowed: everybody, input: ({ competitionId }) => ({ id: competitionId }) },
  'competitions.join': {
    allowed: users,
    input: ({ competitionId }) => ({ id: competitionId, acceptTermsVersion: 1 }),
  },
  'competitions.leave': { allowed: users, input: ({ competitionId }) => ({ id: competitionId }) },
  'competitions.publish': {
    allowed: organizers,
    input: ({ competitionId }) => ({ id: competitionId, published: false }),
  },
  'competitions.requireAttributes': {
    allowed: organizers,
    input: ({ competitionId }) => ({ id: competitionId, required: [{ name: 'orcid', values: [] }] }),
  },
  'competitions.remove': { allowed: organizers, input: ({ competitionId }) => ({ id: competitionId }) },
  'creations.get': { allowed: organizers, input: ({ creationId }) => ({ id: creationId }) },
  'competitions.createFromBundle': {
    allowed: organizers,
    input: ({ bundleKey }) => ({ resourceKey: bundleKey }),
  },
  'competitions.checkBundle': {
    allowed: organizers,
    input: ({ bundleKey }) => ({ resourceKey: bundleKey }),
  },
  'competitions.phases.list': {
    allowed: organizers,
    input: ({ competitionId }) => ({ competitionId }),
  },
  'competitions.phases.edit': {
    allowed: organizers,
    input: ({ phaseId }) => ({ id: phaseId, name: 'Main' }),
  },
  'competitions.phases.add': {
    allowed: organizers,
    input: ({ competitionId }) => ({
      competitionId,
      name: 'Next',
      startsAt: '2001-01-01T00:00:00Z',
      endsAt: null,
      taskIds: [],
      leaderboardId: 0,
    }),
  },
  'competitions.phases.remove': { allowed: organizers, input: ({ phaseId }) => ({ id: phaseId }) },
  'competitions.participants.list': {
    allowed: organizers,
    input: ({ competitionId }) => ({ competitionId }),
  },
  'competitions.participants.decide': {
    allowed: organizers,
    input: ({ participantId }) => ({ participantId, status: 'denied' }),
  },

  'dumps.create': { allowed: organizers, input: ({ competitionId }) => ({ competitionId }) },
  'dumps.list': { allowed: organizers, input: ({ competitionId }) => ({ competitionId }) },
  'dumps.remove': { allowed: organizers, input: ({ dumpId }) => ({ id: dumpId }) },
  'dumps.follow': { allowed: organizers, input: ({ competitionId }) => ({ competitionId }) },

  'evaluation.grants': { allowed: admins },
  // There is no such peer and no such permission.
  'evaluation.grant': {
    allowed: [],
    input: () => ({ peerId: 0, competitionId: 1, site: 'north', dataset: { name: 'd', version: '1' } }),
  },
  'evaluation.withdraw': { allowed: [], input: () => ({ id: 0 }) },
  'peers.overview': { allowed: admins },
  'peers.invite': { allowed: admins, input: () => ({ scopes: [], note: 'South', days: 1 }) },
  'peers.withdraw': { allowed: admins, input: () => ({ id: crypto.randomUUID() }) },
  'peers.examine': { allowed: admins, input: () => ({ code: 'none' }) },
  'peers.accept': { allowed: admins, input: () => ({ code: 'none', scopes: [] }) },
  // There is no peer: what is missing for everybody is denied to everybody.
  'peers.confirm': { allowed: [], input: () => ({ id: 0, scopes: [] }) },
  'peers.setScopes': { allowed: [], input: () => ({ id: 0, scopes: [] }) },
  'peers.setRate': { allowed: [], input: () => ({ id: 0, callsPerMinute: 1 }) },
  'peers.move': { allowed: [], input: () => ({ id: 0, address: 'http://127.0.0.1:9' }) },
  'peers.decide': { allowed: [], input: () => ({ id: 0, decision: 'pause' }) },
  'peers.acceptIdentity': { allowed: [], input: () => ({ id: 0, newestKey: `sha256:${'0'.repeat(64)}` }) },
  'peers.rotateKey': { allowed: admins },
  'peers.retireKey': { allowed: [], input: () => ({ keyId: `sha256:${'0'.repeat(64)}` }) },

  'receipts.get': { allowed: involved, input: ({ runId }) => ({ runId }) },
  // Who may see none gets none.
  'receipts.ofSubmission': { allowed: everybody, input: ({ submissionId }) => ({ id: submissionId }) },
  'receipts.keys': { allowed: everybody },

  'resources.startUpload': {
    allowed: users,
    input: () => ({ type: 'submission', fileName: 'a.zip', size: 1 }),
  },
  'resources.finishUpload': {
    allowed: ['participant', 'admin'],
    input: ({ submissionKey }) => ({ key: submissionKey }),
  },

  'resources.list': { allowed: users, input: () => ({}) },
  'resources.get': {
    allowed: ['participant', 'admin'],
    input: ({ submissionKey }) => ({ key: submissionKey }),
  },
  'resources.edit': {
    allowed: ['participant', 'admin'],
    input: ({ submissionKey }) => ({ key: submissionKey, name: 'Mine' }),
  },
  'resources.remove': {
    allowed: ['participant', 'admin'],
    input: ({ submissionKey }) => ({ key: submissionKey }),
  },
  // What is refused is told for each; nobody gets more than alone.
  'resources.removeMany': { allowed: users, input: ({ submissionKey }) => ({ keys: [submissionKey] }) },

  'submissions.allowance': { allowed: users, input: ({ phaseId }) => ({ phaseId }) },
  'submissions.start': { allowed: organizers, input: ({ submissionId }) => ({ id: submissionId }) },
  'submissions.create': {
    allowed: ['participant'],
    input: ({ phaseId, submissionKey }) => ({ phaseId, resourceKey: submissionKey }),
  },
  'submissions.mine': { allowed: users, input: ({ phaseId }) => ({ phaseId }) },
  'submissions.get': { allowed: involved, input: ({ submissionId }) => ({ id: submissionId }) },
  'submissions.all': { allowed: organizers, input: ({ competitionId }) => ({ competitionId }) },
  'submissions.cancel': { allowed: involved, input: ({ submissionId }) => ({ id: submissionId }) },
  'submissions.rerun': { allowed: organizers, input: ({ submissionId }) => ({ id: submissionId }) },
  'submissions.remove': { allowed: involved, input: ({ submissionId }) => ({ id: submissionId }) },
  'submissions.setOnLeaderboard': {
    allowed: involved,
    input: ({ submissionId }) => ({ id: submissionId, onLeaderboard: true }),
  },
  'submissions.forceOntoLeaderboard': {
    allowed: organizers,
    input: ({ submissionId }) => ({ id: submissionId, reason: 'A late appeal' }),
  },
  'submissions.edit': {
    allowed: involved,
    input: ({ submissionId }) => ({ id: submissionId, name: 'Best' }),
  },
  'submissions.editScore': {
    allowed: organizers,
    input: ({ submissionId }) => ({ id: submissionId, columnKey: 'score', value: 1, reason: 'An appeal' }),
  },
  'submissions.published': { allowed: everybody, input: ({ competitionId }) => ({ competitionId }) },
  'submissions.deleted': { allowed: organizers, input: ({ competitionId }) => ({ competitionId }) },
  // Of what was deleted; here nothing is.
  'submissions.restore': { allowed: [], input: ({ submissionId }) => ({ id: submissionId }) },
  // What is refused is told for each; nobody gets more than alone.
  'submissions.many': {
    allowed: users,
    input: ({ submissionId }) => ({ ids: [submissionId], action: 'start' }),
  },
  'submissions.changes': { allowed: organizers, input: ({ competitionId }) => ({ competitionId }) },
  'submissions.limitChanges': { allowed: organizers, input: ({ competitionId }) => ({ competitionId }) },
  'submissions.batches': { allowed: organizers, input: ({ competitionId }) => ({ competitionId }) },
  'submissions.rerunPhase': { allowed: organizers, input: ({ phaseId }) => ({ phaseId }) },
  'submissions.rerunChosen': {
    allowed: organizers,
    input: ({ competitionId, submissionId }) => ({ competitionId, ids: [submissionId] }),
  },
  'submissions.migrateTo': { allowed: organizers, input: ({ phaseId }) => ({ phaseId }) },
  'submissions.limitsOf': {
    allowed: organizers,
    input: ({ phaseId }) => ({ phaseId, username: 'participant' }),
  },
  'submissions.setLimits': {
    allowed: organizers,
    input: ({ phaseId }) => ({
      phaseId,
      username: 'participant',
      own: { perDay: 5, perMonth: null, inAll: null, atATime: null, isBlocked: false },
      reset: true,
      reason: 'A broken scorer',
    }),
  },
  'submissions.logs': { allowed: involved, input: ({ runId }) => ({ runId }) },

  'leaderboards.get': { allowed: everybody, input: ({ phaseId }) => ({ phaseId }) },
  'leaderboards.mark': {
    allowed: organizers,
    input: ({ enteredId }) => ({ submissionId: enteredId, mark: 'verified' }),
  },
  'leaderboards.settings.list': { allowed: organizers, input: ({ competitionId }) => ({ competitionId }) },
  // Nothing is valid about it, so that nothing is changed: what these say is who may ask.
  'leaderboards.settings.save': {
    allowed: organizers,
    input: ({ competitionId }) => ({ competitionId, board: EMPTY_BOARD }),
  },
  'leaderboards.settings.remove': { allowed: [], input: ({ competitionId }) => ({ competitionId, id: 0 }) },
  'leaderboards.setAnonymous': {
    allowed: organizers,
    input: ({ phaseId }) => ({ phaseId, anonymous: true }),
  },
  'leaderboards.openSplit': {
    allowed: organizers,
    input: ({ phaseId }) => ({ phaseId, key: 'final', visibility: 'everybody' }),
  },

  'live.submission': { allowed: involved, input: ({ submissionId }) => ({ id: submissionId }) },
  'live.mySubmissions': { allowed: users, input: ({ phaseId }) => ({ phaseId }) },
  'live.logs': { allowed: involved, input: ({ runId }) => ({ runId }) },
  'live.leaderboard': { allowed: everybody, input: ({ phaseId }) => ({ phaseId }) },
  'live.creation': { allowed: organizers, input: ({ creationId }) => ({ id: creationId }) },

  'tasks.list': { allowed: users, input: () => ({}) },
  'tasks.get': { allowed: organizers, input: ({ taskId }) => ({ id: taskId }) },
  'tasks.create': { allowed: users, input: () => ({ name: 'Task' }) },
  'tasks.fromArchive': { allowed: organizers, input: ({ bundleKey }) => ({ resourceKey: bundleKey }) },
  'tasks.edit': { allowed: organizers, input: ({ taskId }) => ({ id: taskId, name: 'Task' }) },
  'tasks.remove': { allowed: organizers, input: ({ taskId }) => ({ id: taskId }) },
  'tasks.share': {
    allowed: organizers,
    input: ({ taskId }) => ({ id: taskId, username: 'participant', isShared: true }),
  },

  'sites.status': { allowed: everybody },
  'sites.create': {
    allowed: admins,
    input: () => ({ name: 'new-site', title: 'New', servesDefaultQueue: false }),
  },
  'sites.mine': { allowed: users },
  'sites.get': { allowed: stewards, input: ({ site }) => ({ site }) },
  'sites.enrolmentToken': { allowed: stewards, input: ({ site, nodeId }) => ({ site, again: nodeId }) },
  'sites.setPaused': { allowed: stewards, input: ({ site }) => ({ site, paused: true }) },
  'sites.setSharesScores': { allowed: stewards, input: ({ site }) => ({ site, sharesScores: true }) },
  'sites.setDrained': { allowed: stewards, input: ({ nodeId }) => ({ nodeId, drained: true }) },
  'sites.revokeNode': { allowed: stewards, input: ({ nodeId }) => ({ nodeId }) },
  'sites.addSteward': { allowed: admins, input: ({ site, steward }) => ({ site, username: steward }) },
  'sites.removeSteward': { allowed: admins, input: ({ site, steward }) => ({ site, username: steward }) },
};

const procedures = Object.keys(appRouter._def.procedures);

let hub: TestHub;
let people: People;
beforeAll(async () => {
  hub = await createTestHub();
  people = await createPeople(hub);
});
afterAll(() => hub[Symbol.asyncDispose]());

test('every procedure has a line in the table', () => {
  expect(procedures.filter((path) => !(path in TABLE))).toEqual([]);
});

describe.each(procedures.filter((path) => path in TABLE))('%s', (path) => {
  test.each(ROLES)('%s', async (role) => {
    const challenge = await createTestChallenge(hub, people);
    const { allowed, input } = TABLE[path]!;
    expect(await attempt(path, input?.(challenge), role)).toBe(allowed.includes(role) ? 'allowed' : 'denied');
  });
});

/** What a role may not see is missing for it. Whoever gets as far as an objection to what was sent has got past the door. */
const DENIALS: readonly TRPCError['code'][] = ['UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'];

async function attempt(path: string, input: unknown, role: Role): Promise<'allowed' | 'denied'> {
  try {
    const result = await procedureAt(path, role)(input);
    // A subscription: its first event is its answer. Those that have nothing to tell yet are cut short.
    if (isAsyncIterable(result)) await firstOf(result);
    return 'allowed';
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    if (error.code === 'INTERNAL_SERVER_ERROR') throw error;
    const reason = error.cause && 'code' in error.cause ? error.cause.code : null;
    return DENIALS.includes(error.code) && reason !== 'wrong_credentials' ? 'denied' : 'allowed';
  }
}

function procedureAt(path: string, role: Role): (input: unknown) => Promise<unknown> {
  const caller = appRouter.createCaller({
    hub: hub.context,
    actor: actorOf(people, role),
    address: '127.0.0.1',
    cookies: '',
    setCookie() {},
  });
  let target: unknown = caller;
  for (const name of path.split('.')) target = Reflect.get(target as object, name);
  return target as (input: unknown) => Promise<unknown>;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

async function firstOf(events: AsyncIterable<unknown>): Promise<void> {
  const { promise: quiet, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, 300);
  const iterator = events[Symbol.asyncIterator]();
  await Promise.race([iterator.next(), quiet]);
  clearTimeout(timer);
}
