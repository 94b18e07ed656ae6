import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Refusal } from './calls/refusals.ts';
import { signCall } from './calls/token.ts';
import { peers } from './peers/schema.ts';
import { type PeerState, SCOPES, type Scope } from './peers/state.ts';
import { federationRouter } from './router.ts';
import { befriend, createFederatedHub, type FederatedHub } from './testing/federated-hub.ts';

/** The scope that it asks for; `active` for any active peer; `relation` for peers in any state that are believed; `invitation` for hubs that show one. */
type Need = Scope | 'active' | 'relation' | 'invitation';

/** Who may call what from another hub. A procedure without a line here fails the test. */
const TABLE: Readonly<Record<string, Need>> = {
  'catalogue.page': 'list',
  'evaluation.follow': 'evaluate',
  'evaluation.offer': 'evaluate',
  'evaluation.sites': 'evaluate',
  'hub.describe': 'relation',
  'identity.redeem': 'active',
  'identity.withdrawn': 'relation',
  'participation.competition': 'list',
  'participation.board': 'list',
  'participation.published': 'list',
  'participation.receiptsOfEntry': 'list',
  // With an assertion, whoever it is for has to be let in too.
  'participation.file': 'list',
  'participation.register': 'register',
  'participation.standing': 'register',
  'participation.leave': 'register',
  'participation.grant': 'submit',
  'participation.submit': 'submit',
  'participation.cancel': 'submit',
  'participation.changes': 'submit',
  'participation.records': 'submit',
  'participation.logs': 'submit',
  'participation.receipts': 'submit',
  'participation.details': 'submit',
  'participation.edit': 'submit',
  'participation.setOnLeaderboard': 'submit',
  'participation.remove': 'submit',
  'peering.ask': 'invitation',
  'peering.tell': 'relation',
};

const procedures = Object.keys(federationRouter._def.procedures);

let hub: FederatedHub;
let caller: FederatedHub;
let stranger: FederatedHub;
beforeAll(async () => {
  hub = await createFederatedHub('hub');
  caller = await createFederatedHub('caller');
  stranger = await createFederatedHub('stranger');
  await befriend(hub, caller);
});
afterAll(async () => {
  for (const one of [hub, caller, stranger]) await one[Symbol.asyncDispose]();
});

test('every procedure has a line in the table', () => {
  expect(procedures.filter((path) => !(path in TABLE))).toEqual([]);
});

describe.each(procedures.filter((path) => path in TABLE))('%s', (path) => {
  const need = TABLE[path]!;
  const always = need === 'invitation';

  test('nobody', async () => {
    expect(await refusalOf(path, null)).toBe('token_missing');
  });

  test('a hub that is no peer', async () => {
    expect(await refusalOf(path, stranger)).toBe(always ? null : 'peer_unknown');
  });

  test.each<[PeerState, Refusal]>([
    ['waiting', 'peer_not_confirmed'],
    ['asking', 'peer_not_confirmed'],
    ['paused', 'peer_paused'],
    ['identity_changed', 'identity_changed'],
    ['revoked', 'peer_revoked'],
    ['blocked', 'peer_blocked'],
  ])('a peer that is %s', async (state, refusal) => {
    await setPeer(state, SCOPES);
    const isBelieved = ['waiting', 'asking', 'paused'].includes(state);
    const passes = always || (need === 'relation' && isBelieved);
    expect(await refusalOf(path, caller)).toBe(passes ? null : refusal);
  });

  test.each(SCOPES)('an active peer that may %s and nothing else', async (scope) => {
    await setPeer('active', [scope]);
    const isScope = (SCOPES as readonly string[]).includes(need);
    expect(await refusalOf(path, caller)).toBe(isScope && need !== scope ? 'scope_missing' : null);
  });
});

function setPeer(state: PeerState, scopes: readonly Scope[]) {
  const { queries } = hub.context.database;
  return queries
    .update(peers)
    .set({ state, scopesGiven: [...scopes] })
    .where(eq(peers.rootId, caller.context.keys.rootId));
}

/** Of calls between hubs; null for whoever gets as far as an objection to what was sent, or to an answer. */
async function refusalOf(procedure: string, from: FederatedHub | null): Promise<Refusal | null> {
  const body = '{"none":0}';
  const call = { audience: hub.context.keys.rootId, procedure, body, protocol: 1 };
  const token = from && (await signCall(from.context.keys, call));
  const response = await fetch(`${hub.address}/federation/trpc/${procedure}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body,
  });
  expect(response.status).toBeLessThan(500);
  const { error } = (await response.json()) as { error?: { data: { reason: string } } };
  const reason = error?.data.reason ?? null;
  // What somebody without a token sends to where an invitation is shown is not even looked at further.
  if (reason === 'bad_request' && !from) return 'token_missing';
  return reason === 'bad_request' ? null : (reason as Refusal | null);
}
