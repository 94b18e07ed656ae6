import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestHub, type TestHub, type TestPerson } from '../../http/testing/test-hub.ts';

const PUBLIC = 'http://127.0.0.1:8080';
let hub: TestHub;
let admin: TestPerson;
let idp: { issuer: string; server: Server };
let visas: { issuer: string; server: Server; sign(claims: object, exp?: string): Promise<string> };
let provider: number;
/** What the institution says of whoever logs in there. */
const people = new Map<string, Record<string, unknown>>();

beforeAll(async () => {
  hub = await createTestHub({ WEIR_PUBLIC_URL: PUBLIC });
  admin = await hub.person('warden', { isAdmin: true });
  visas = await startVisaIssuer();
  idp = await startProvider();
  ({ id: provider } = await hub.context.institutions.add(admin.actor, {
    name: 'University of the North',
    issuer: idp.issuer,
    clientId: 'weir',
    clientSecret: 'a secret of the client',
    scopes: 'openid profile email ga4gh_passport_v1',
    visaIssuers: [visas.issuer],
    isEnabled: true,
  }));
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  for (const { server } of [idp, visas]) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

test('who comes for the first time chooses a name, and is known from then on by issuer and subject', async () => {
  people.set('s-1', { preferred_username: 'ada', email: 'ada@uni.example', email_verified: true });
  const first = await signIn('s-1');
  expect(first.location).toBe('/register/institution');
  const arrival = await first.call('query', 'institutions.arrival');
  expect(arrival).toMatchObject({ proposedUsername: 'ada', institution: 'University of the North' });
  expect(await first.call('mutation', 'institutions.settle', { username: 'ada-l' })).toEqual({
    returnTo: '/competitions?x=1',
  });
  expect(await first.call('query', 'accounts.me')).toMatchObject({
    username: 'ada-l',
    email: 'ada@uni.example',
  });

  const again = await signIn('s-1');
  expect(again.location).toBe('/competitions?x=1');
  expect(await again.call('query', 'accounts.me')).toMatchObject({ username: 'ada-l' });
});

test('an address is no way into the account of whoever has it here', async () => {
  const owner = await hub.person('grace');
  people.set('s-2', { email: 'grace@example.org', email_verified: true });
  const visit = await signIn('s-2');
  expect(await visit.call('query', 'institutions.arrival')).toMatchObject({ isEmailTaken: true });
  await visit.call('mutation', 'institutions.settle', { username: 'grace-2' });
  const me = await visit.call('query', 'accounts.me');
  expect(me).toMatchObject({ username: 'grace-2', email: '' });
  expect(me.id).not.toBe(owner.id);
});

test('one links an identity to the account one is signed in with, and takes it away again', async () => {
  const [owner, other] = [await hub.person('hopper'), await hub.person('intruder')];
  people.set('s-3', {});
  expect((await signIn('s-3', { as: owner })).location).toBe('/account');
  const [identity] = await hub.context.institutions.identities(owner.actor);
  expect((await (await signIn('s-3')).call('query', 'accounts.me')).username).toBe('hopper');

  expect((await signIn('s-3', { as: other })).location).toBe('/login?problem=identity_taken');
  await expect(hub.context.institutions.unlink(other.actor, identity!.id)).rejects.toMatchObject({
    code: 'identity_missing',
  });
  await hub.context.institutions.unlink(owner.actor, identity!.id);
  expect((await signIn('s-3')).location).toBe('/register/institution');
});

test('the last way in is not taken away', async () => {
  people.set('s-4', {});
  const visit = await signIn('s-4');
  await visit.call('mutation', 'institutions.settle', { username: 'only-one' });
  const [identity] = await visit.call('query', 'institutions.identities');
  const refused = await visit.raw('mutation', 'institutions.unlink', { id: identity.id });
  expect(refused.json().error.data.reason).toBe('last_identity');
});

test('what the institution vouches for is kept with its end, and nothing that it did not make sure of', async () => {
  const { sign } = visas;
  const grant = (value: string, more = {}) => ({
    ga4gh_visa_v1: {
      type: 'ControlledAccessGrants',
      value,
      asserted: 1_600_000_000,
      source: 'https://dac.example',
      ...more,
    },
  });
  people.set('s-5', {
    email: 'someone@unsure.example',
    email_verified: false,
    orcid: 'https://orcid.org/0000-0002-1825-0097',
    eduperson_scoped_affiliation: ['Member@uni.example', 'no affiliation'],
    ga4gh_passport_v1: [
      await sign(grant('https://data.example/1')),
      await sign(grant('https://data.example/over'), '-1h'),
      await sign(grant('https://data.example/conditional', { conditions: [[{ type: 'ResearcherStatus' }]] })),
      await visas.sign({ ...grant('https://data.example/other-issuer'), iss: 'https://other.example' }),
      (await sign(grant('https://data.example/forged'))).replace(/[^.]+$/, 'A'.repeat(86)),
      'nonsense',
    ],
  });
  const owner = await hub.person('attested');
  await signIn('s-5', { as: owner });
  const [identity] = await hub.context.institutions.identities(owner.actor);
  expect(identity?.attributes.map(({ name, value }) => [name, value])).toEqual([
    ['affiliation', 'member@uni.example'],
    ['orcid', '0000-0002-1825-0097'],
    ['visa:ControlledAccessGrants', 'https://data.example/1'],
  ]);
  const visa = identity!.attributes.at(-1)!;
  expect(visa.source).toBe(visas.issuer);
  // The visa ends in an hour, long before what the institution says.
  expect(Date.parse(visa.until)).toBeLessThan(Date.now() + 2 * 3_600_000);
});

test('an answer counts once, and in the browser that the sign-in began in alone', async () => {
  people.set('s-6', {});
  const jar = new Map<string, string>();
  const answer = await travel('s-6', jar);
  const back = (cookie: string) => hub.inject({ method: 'GET', url: answer, headers: { cookie } });
  expect((await back('')).headers.location).toBe('/login?problem=sign_in_lost');
  expect((await back(`weir_sign_in=${'A'.repeat(43)}`)).headers.location).toBe('/login?problem=sign_in_lost');
  expect((await back(cookiesOf(jar))).headers.location).toBe('/register/institution');
  expect((await back(cookiesOf(jar))).headers.location).toBe('/login?problem=sign_in_lost');
});

test('an answer with the code of another sign-in does not hold', async () => {
  people.set('s-7', {});
  const [mine, foreign] = [new Map<string, string>(), new Map<string, string>()];
  const [mineAnswer, foreignAnswer] = [await travel('s-7', mine), await travel('s-7', foreign)];
  const mixed = new URL(mineAnswer, PUBLIC);
  mixed.searchParams.set('code', new URL(foreignAnswer, PUBLIC).searchParams.get('code')!);
  const url = mixed.pathname + mixed.search;
  const response = await hub.inject({ method: 'GET', url, headers: { cookie: cookiesOf(mine) } });
  expect(response.headers.location).toBe('/login?problem=institution_refused');
});

test.each([
  ['https://evil.example/', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/competitions/1?tab=2#top', '/competitions/1?tab=2#top'],
])('one comes back to %s at %s', async (returnTo, expected) => {
  people.set('s-8', {});
  const visit = await signIn('s-8', { returnTo });
  if (visit.location === '/register/institution') {
    const name = `s8-${Math.random().toString(36).slice(2)}`;
    expect(await visit.call('mutation', 'institutions.settle', { username: name })).toEqual({
      returnTo: expected,
    });
  } else expect(visit.location).toBe(expected);
});

test('an institution that does not answer is no mystery, and one that is switched off is not offered', async () => {
  const settings = { name: 'Gone', clientId: 'x', clientSecret: 'y', scopes: 'openid', visaIssuers: [] };
  const issuer = 'http://127.0.0.1:9';
  const { id } = await hub.context.institutions.add(admin.actor, { ...settings, issuer, isEnabled: true });
  const begun = await hub.call('mutation', 'institutions.begin', { id, returnTo: '/' });
  expect(begun.json().error.data.reason).toBe('institution_unavailable');
  await hub.context.institutions.change(admin.actor, id, {
    ...settings,
    clientSecret: null,
    isEnabled: false,
  });
  expect((await hub.context.institutions.offered()).map(({ name }) => name)).toEqual([
    'University of the North',
  ]);
  const off = await hub.call('mutation', 'institutions.begin', { id, returnTo: '/' });
  expect(off.json().error.data.reason).toBe('institution_missing');
});

test.each([
  [{ issuer: 'http://far.example' }, 'issuer'],
  [{ issuer: 'no address' }, 'issuer'],
  [{ scopes: 'email' }, 'scopes'],
  [{ clientSecret: null }, 'clientSecret'],
])('settings with %j are refused with a word on them', async (change, field) => {
  const settings = {
    name: 'X',
    issuer: 'https://x.example',
    clientId: 'x',
    clientSecret: 'y',
    scopes: 'openid',
    visaIssuers: [],
    isEnabled: true,
  };
  await expect(hub.context.institutions.add(admin.actor, { ...settings, ...change })).rejects.toMatchObject({
    code: 'invalid_institution',
    fields: { [field]: expect.any(String) },
  });
});

/** From the hub to the institution, where `subject` logs in and agrees, and back. @returns path and query at the hub */
async function travel(
  subject: string,
  jar: Map<string, string>,
  { as, returnTo = '/competitions?x=1' }: { as?: TestPerson; returnTo?: string } = {},
): Promise<string> {
  const begun = await hub.inject({
    method: 'POST',
    url: `/trpc/institutions.${as ? 'beginLink' : 'begin'}`,
    payload: { id: provider, returnTo: as ? '/account' : returnTo },
    headers: { cookie: cookiesOf(jar) },
  });
  keep(jar, begun.headers['set-cookie']);
  let address: string = begun.json().result.data.address;
  const theirs = new Map<string, string>();
  for (let step = 0; step < 20; step++) {
    const isForm = address.includes('/interaction/');
    const response = await fetch(isForm ? `${address}?subject=${subject}` : address, {
      redirect: 'manual',
      headers: { cookie: cookiesOf(theirs) },
    });
    keep(theirs, response.headers.getSetCookie());
    await response.body?.cancel();
    address = new URL(response.headers.get('location')!, address).toString();
    if (address.startsWith(PUBLIC)) return address.slice(PUBLIC.length);
  }
  throw new Error(`the institution sends in circles: ${address}`);
}

async function signIn(subject: string, options: { as?: TestPerson; returnTo?: string } = {}) {
  const jar = new Map<string, string>();
  if (options.as) keep(jar, await hub.context.accounts.sessions.start(options.as.id));
  const url = await travel(subject, jar, options);
  const response = await hub.inject({ method: 'GET', url, headers: { cookie: cookiesOf(jar) } });
  keep(jar, response.headers['set-cookie']);
  const raw = async (kind: 'query' | 'mutation', path: string, input?: object) => {
    const answer = await hub.inject({
      method: kind === 'query' ? 'GET' : 'POST',
      url: `/trpc/${path}`,
      headers: { cookie: cookiesOf(jar) },
      ...(kind === 'mutation' ? { payload: input ?? {} } : {}),
    });
    keep(jar, answer.headers['set-cookie']);
    return answer;
  };
  return {
    location: response.headers.location,
    raw,
    call: async (kind: 'query' | 'mutation', path: string, input?: object) =>
      (await raw(kind, path, input)).json().result.data,
  };
}

function keep(jar: Map<string, string>, setCookie: string | string[] | undefined): void {
  for (const cookie of [setCookie ?? []].flat()) {
    const [name = '', value = ''] = cookie.split(';', 1)[0]!.split(/=(.*)/s);
    if (value) jar.set(name, value);
    else jar.delete(name);
  }
}

function cookiesOf(jar: Map<string, string>): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A real OpenID provider; its log-in page asks for nothing but a subject. */
async function startProvider() {
  const server = createServer();
  const issuer = await listen(server);
  const claims = 'preferred_username name orcid eduperson_scoped_affiliation'.split(' ');
  const oidc = new Provider(issuer, {
    clients: [
      {
        client_id: 'weir',
        client_secret: 'a secret of the client',
        redirect_uris: [`${PUBLIC}/sign-in/institution/return`],
      },
    ],
    pkce: { required: () => true },
    claims: {
      profile: claims,
      email: ['email', 'email_verified'],
      ga4gh_passport_v1: ['ga4gh_passport_v1'],
    },
    scopes: ['openid', 'profile', 'email', 'ga4gh_passport_v1'],
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, sub) => ({
      accountId: sub,
      claims: () => ({ sub, ...people.get(sub) }),
    }),
  });
  const callback = oidc.callback();
  server.on('request', async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return callback(request, response);
    const { prompt, session, params } = await oidc.interactionDetails(request, response);
    if (prompt.name === 'login') {
      const accountId = new URL(request.url, issuer).searchParams.get('subject')!;
      return oidc.interactionFinished(request, response, { login: { accountId } });
    }
    const grant = new oidc.Grant({ accountId: session!.accountId, clientId: String(params.client_id) });
    grant.addOIDCScope(String(params.scope));
    return oidc.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  });
  return { issuer, server };
}

/** Signs visas, and publishes its key. */
async function startVisaIssuer() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'visas', alg: 'ES256' };
  const server = createServer((request, response) => {
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/jwks` },
      '/jwks': { keys: [jwk] },
    };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(documents[request.url ?? '']));
  });
  const issuer = await listen(server);
  return {
    issuer,
    server,
    sign: (claims: object, exp = '1h') =>
      new SignJWT({ iss: issuer, sub: 'somebody', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'visas' })
        .setIssuedAt()
        .setExpirationTime(exp)
        .sign(privateKey),
  };
}
