import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestHub, type TestHub } from '../http/testing/test-hub.ts';
import { apiTokens, sessions } from './schema.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await createTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const password = 'correct horse battery';
const register = (username: string, email = `${username}@example.org`) =>
  hub.call('mutation', 'accounts.register', { username, email, password });
const cookieOf = (response: { headers: Record<string, unknown> }) =>
  String(response.headers['set-cookie']).split(';', 1)[0]!;
const meWith = async (headers: Record<string, string>) =>
  (await hub.inject({ method: 'GET', url: '/trpc/accounts.me', headers })).json().result?.data;

test('whoever registers is logged in, by a cookie that scripts of pages cannot read', async () => {
  const response = await register('grace');
  expect(response.json().result.data).toMatchObject({ username: 'grace', isAdmin: false, isRobot: false });
  expect(response.headers['set-cookie']).toMatch(
    /^sessionid=\w+; HttpOnly; Max-Age=\d+; Path=\/; SameSite=Lax$/,
  );
  expect(await meWith({ cookie: cookieOf(response) })).toMatchObject({
    email: 'grace@example.org',
    hasPassword: true,
  });
});

test('the database does not hold what the cookie holds', async () => {
  const cookie = cookieOf(await register('hopper'));
  const rows = await hub.context.database.queries.select().from(sessions);
  expect(rows.map(({ idHash }) => idHash)).not.toContain(cookie.split('=')[1]);
});

test.each([
  [{ username: 'x', email: 'x@example.org', password }, 'username'],
  [{ username: 'has space', email: 'x@example.org', password }, 'username'],
  [{ username: 'Root', email: 'x@example.org', password }, 'username'],
  [{ username: 'xavier', email: 'not an address', password }, 'email'],
  [{ username: 'xavier', email: 'x@example.org', password: 'short' }, 'password'],
  [{ username: 'xavier-the-great', email: 'x@example.org', password: 'xavier-the-great' }, 'password'],
])('%j is refused with a word on its %s', async (input, field) => {
  const { error } = (await hub.call('mutation', 'accounts.register', input)).json();
  expect(error.data).toMatchObject({
    code: 'BAD_REQUEST',
    reason: 'invalid_account',
    fields: { [field]: expect.any(String) },
  });
});

test('names and addresses are taken in any case', async () => {
  await register('lovelace');
  const sameName = (await register('LoveLace', 'other@example.org')).json().error.data;
  expect(sameName).toMatchObject({
    code: 'CONFLICT',
    reason: 'account_exists',
    fields: { username: expect.any(String) },
  });
  const sameEmail = (await register('someone', 'LOVELACE@example.org')).json().error.data;
  expect(sameEmail).toMatchObject({ code: 'CONFLICT', fields: { email: expect.any(String) } });
});

test('one logs in by name or address, and out', async () => {
  await register('turing');
  for (const login of ['Turing', 'turing@EXAMPLE.org']) {
    const cookie = cookieOf(await hub.call('mutation', 'accounts.login', { login, password }));
    expect(await meWith({ cookie })).toMatchObject({ username: 'turing' });
    const out = await hub.inject({
      method: 'POST',
      url: '/trpc/accounts.logout',
      payload: {},
      headers: { cookie },
    });
    expect(out.headers['set-cookie']).toMatch(/^sessionid=;/);
    expect(await meWith({ cookie })).toBeNull();
  }
});

test('guessing is slowed down, and the answer does not tell which names exist', async () => {
  await register('shannon');
  const guess = async (login: string) =>
    (await hub.call('mutation', 'accounts.login', { login, password: 'a wrong guess' })).json().error;
  const [known, unknown] = [await guess('shannon'), await guess('nobody-here')];
  expect(known.data).toMatchObject({ code: 'UNAUTHORIZED', reason: 'wrong_credentials' });
  expect(unknown.message).toBe(known.message);
  for (let tries = 0; tries < 9; tries++) await guess('shannon');
  expect((await guess('shannon')).data).toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    reason: 'too_many_attempts',
  });
});

test('many guesses at the same moment are no way around that', async () => {
  await register('diffie');
  const guesses = Array.from({ length: 25 }, (_, guess) =>
    hub.call('mutation', 'accounts.login', { login: 'diffie', password: `guess ${guess}` }),
  );
  const reasons = (await Promise.all(guesses)).map((answer) => answer.json().error.data.reason);
  expect(reasons.filter((reason) => reason === 'wrong_credentials')).toHaveLength(10);
  expect(reasons.filter((reason) => reason === 'too_many_attempts')).toHaveLength(15);
});

test('a new password ends all other sessions', async () => {
  const elsewhere = cookieOf(await register('noether'));
  const cookie = cookieOf(await hub.call('mutation', 'accounts.login', { login: 'noether', password }));
  const change = (current: string) =>
    hub.inject({
      method: 'POST',
      url: '/trpc/accounts.changePassword',
      payload: { current, next: 'another long one' },
      headers: { cookie },
    });
  expect((await change('not the current')).json().error.data.reason).toBe('wrong_password');
  const changed = await change(password);
  expect(changed.statusCode).toBe(200);
  expect(await meWith({ cookie: elsewhere })).toBeNull();
  expect(await meWith({ cookie: cookieOf(changed) })).toMatchObject({ username: 'noether' });
});

test('a session is prolonged once half of it is over, and ends when it is', async () => {
  const { queries } = hub.context.database;
  const cookie = cookieOf(await register('hamilton'));
  const ageTo = (days: number) =>
    queries.update(sessions).set({ expiresAt: new Date(Date.now() + days * 86_400_000) });
  const me = () => hub.inject({ method: 'GET', url: '/trpc/accounts.me', headers: { cookie } });
  expect((await me()).headers['set-cookie']).toBeUndefined();
  await ageTo(4);
  expect((await me()).headers['set-cookie']).toContain('Max-Age=864000');
  await ageTo(-1);
  expect((await me()).json().result.data).toBeNull();
});

test('an API token acts for its owner until it is revoked or expires, and is kept as a hash', async () => {
  const cookie = cookieOf(await register('perlman'));
  const create = await hub.inject({
    method: 'POST',
    url: '/trpc/accounts.tokens.create',
    payload: { name: 'laptop' },
    headers: { cookie },
  });
  const { id, token } = create.json().result.data;
  for (const scheme of ['Token', 'Bearer']) {
    expect(await meWith({ authorization: `${scheme} ${token}` })).toMatchObject({ username: 'perlman' });
  }
  expect(JSON.stringify(await hub.context.database.queries.select().from(apiTokens))).not.toContain(token);

  const headers = { authorization: `Token ${token}` };
  const another = await hub.inject({
    method: 'POST',
    url: '/trpc/accounts.tokens.create',
    payload: { name: 'more' },
    headers,
  });
  expect(another.json().error.data.reason).toBe('session_needed');

  await hub.inject({ method: 'POST', url: '/trpc/accounts.tokens.revoke', payload: { id }, headers });
  const refused = await hub.inject({ method: 'GET', url: '/trpc/accounts.me', headers });
  expect(refused.statusCode).toBe(401);
  expect(refused.json().error.data.reason).toBe('invalid_token');
});

test("nobody revokes somebody else's token", async () => {
  const [owner, other] = [await hub.person('owner'), await hub.person('other')];
  const { id } = await hub.context.accounts.tokens.create(owner.actor, { name: 'mine', expiresInDays: null });
  const response = await hub.call('mutation', 'accounts.tokens.revoke', { id }, other);
  expect(response.json().error.data).toMatchObject({ code: 'NOT_FOUND', reason: 'token_missing' });
});

test.each([
  [{ 'sec-fetch-site': 'cross-site' }, 403],
  [{ 'sec-fetch-site': 'same-site' }, 403],
  [{ 'sec-fetch-site': 'same-origin' }, 200],
  [{ origin: 'https://evil.example' }, 403],
  [{ origin: 'null' }, 403],
  [{ origin: 'http://127.0.0.1:8080' }, 200],
  [{}, 200],
])('a cookie with %j is answered with %i', async (headers, status) => {
  const person = await hub.person(`p${Math.random().toString(36).slice(2)}`);
  const cookie = (await hub.context.accounts.sessions.start(person.id)).split(';', 1)[0]!;
  const response = await hub.inject({
    method: 'POST',
    url: '/trpc/accounts.updateProfile',
    payload: { displayName: 'Somebody' },
    headers: { ...headers, cookie },
  });
  expect(response.statusCode).toBe(status);
});
