import Fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../people/store.ts';
import { guard } from './guard.ts';
import { Sessions } from './sessions.ts';
import { TestConsole } from './testing/console-of-tests.ts';

const HOST = '127.0.0.1:4380';
const ADA = { name: 'Ada Nowak', organization: 'North Hospital' };
const BEN = { name: 'ben', organization: 'Registry' };
const EVE = { name: 'eve', organization: 'Widget AI' };

let console: TestConsole;
beforeEach(async () => {
  console = await TestConsole.start();
});
afterEach(() => console[Symbol.asyncDispose]());

const stateOf = (id = 'review-1') => console.people.find(id, ADA)?.state;
const seenOf = (id = 'review-1') => console.people.find(id, ADA)!.digest;

/** The console of a node that lets everything run, and has this said of who reviews. */
async function underPolicy(ofReviewers: string): Promise<void> {
  await console[Symbol.asyncDispose]();
  console = await TestConsole.start({
    policy: `version: 1
hubs: any
competitions: any
submitters: any
programs: any
images: any
resources: { memory: 8GiB, cpus: 2, step_seconds: 3600, disk: 20GiB }
${ofReviewers}
...
`,
  });
}

describe('who gets in', () => {
  test('nobody who is not signed in reads or does anything', async () => {
    const routes = [
      '/',
      '/runs',
      '/reviews',
      '/reviews/x',
      '/ledger',
      '/datasets',
      '/budgets',
      '/policy',
      '/help',
    ];
    for (const url of routes) {
      const answer = await console.get('', url);
      expect([answer.statusCode, answer.headers.location], url).toEqual([303, '/login']);
    }
    for (const url of [
      '/pause',
      '/resume',
      '/drain',
      '/reviews/x',
      '/ledger/verify',
      '/ledger/export',
      '/datasets/check',
      '/logout',
    ]) {
      expect((await console.post('', url)).statusCode, url).toBe(401);
    }
    expect(console.did).toEqual([]);
  });

  test('every route says who may use it', () => {
    const app = Fastify();
    guard(app, { sessions: new Sessions(), persons: console.persons });
    expect(() => app.get('/forgotten', () => 'x')).toThrow('does not say who may use it');
  });

  test('an address lets the steward in once, with a cookie that scripts and other sites do not get', async () => {
    const url = `/enter?token=${await console.persons.makeEntrance()}`;
    const first = await console.request({ method: 'GET', url });
    expect(first.headers['set-cookie']).toMatch(/; HttpOnly; SameSite=Strict$/);
    const second = await console.request({ method: 'GET', url });
    expect([second.statusCode, second.headers['set-cookie']]).toEqual([401, undefined]);
  });

  test('guessing is slowed down', async () => {
    const codes: number[] = [];
    for (let tries = 0; tries < 25; tries += 1)
      codes.push((await console.post('', '/login', { token: 'x' })).statusCode);
    expect(codes.slice(0, 20)).toEqual(Array(20).fill(401));
    expect(codes.at(-1)).toBe(429);
  });

  test('signing out ends the session at the node, not only in the browser', async () => {
    const cookie = await console.steward();
    await console.post(cookie, '/logout');
    expect((await console.get(cookie, '/')).statusCode).toBe(303);
  });

  test('a token of old does not count once there is a new one', async () => {
    const old = await console.persons.add({ ...ADA, role: 'reviewer' });
    await console.persons.add({ ...ADA, role: 'reviewer' });
    expect((await console.post('', '/login', { token: old })).statusCode).toBe(401);
  });

  test('a new token ends what was begun with the one before, in every browser', async () => {
    const begun = [await console.signIn(ADA)];
    const token = await console.persons.add({ ...ADA, role: 'reviewer' });
    expect((await console.get(begun[0]!, '/reviews')).statusCode).toBe(303);
    const anew = (await console.post('', '/login', { token })).headers['set-cookie'];
    expect((await console.get(String(anew).split(';')[0]!, '/reviews')).statusCode).toBe(200);
  });

  test('whoever is removed is out at once', async () => {
    const cookie = await console.signIn(BEN);
    await console.persons.remove(BEN.name);
    expect((await console.get(cookie, '/reviews')).statusCode).toBe(303);
  });

  test('reviewers answer questions, and nothing else', async () => {
    const cookie = await console.signIn(BEN);
    expect((await console.get(cookie, '/')).headers.location).toBe('/reviews');
    expect((await console.get(cookie, '/reviews')).statusCode).toBe(200);
    for (const url of ['/runs', '/ledger', '/datasets', '/budgets', '/policy']) {
      expect((await console.get(cookie, url)).statusCode, url).toBe(403);
    }
    for (const url of ['/pause', '/resume', '/drain', '/ledger/export', '/datasets/check']) {
      expect((await console.post(cookie, url)).statusCode, url).toBe(403);
    }
    expect(console.did).toEqual([]);
  });
});

describe('other pages of the same browser', () => {
  test.each(['evil.example', 'evil.example:4380', '127.0.0.1.evil.example'])(
    'a name bent to this address is turned away: %s',
    async (host) => {
      const cookie = await console.steward();
      const answer = await console.request({ method: 'GET', url: '/', cookie, headers: { host } });
      expect(answer.statusCode).toBe(421);
    },
  );

  test.each(['127.0.0.1:9', 'localhost:4380', '[::1]:4380'])(
    'this machine by any of its names is let in, also through a tunnel: %s',
    async (host) => {
      const cookie = await console.steward();
      expect((await console.request({ method: 'GET', url: '/', cookie, headers: { host } })).statusCode).toBe(
        200,
      );
    },
  );

  test.each(['https://evil.example', 'http://127.0.0.1:8080', 'http://localhost:4380', 'null', undefined])(
    'a form of %s does nothing, whatever cookie comes along',
    async (origin) => {
      const cookie = await console.steward();
      const headers: Record<string, string> = { host: HOST, cookie };
      if (origin !== undefined) headers.origin = origin;
      const answer = await console.app.inject({ method: 'POST', url: '/pause', headers });
      expect(answer.statusCode).toBe(403);
      expect(console.did).toEqual([]);
    },
  );

  test('pages elsewhere cannot read the console with requests of their own', async () => {
    const cookie = await console.steward();
    const headers = { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' };
    expect((await console.request({ method: 'GET', url: '/ledger', cookie, headers })).statusCode).toBe(403);
  });

  test('pages run nothing but the console’s own script, are never framed and never kept', async () => {
    const { headers } = await console.get(await console.steward(), '/');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("script-src 'self'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
  });
});

describe('what the node does', () => {
  test('pause, resume, drain, check and export are done in the name of who asks', async () => {
    const cookie = await console.steward();
    await console.post(cookie, '/pause');
    expect((await console.get(cookie, '/')).body).toContain('The node is paused');
    await console.post(cookie, '/resume');
    await console.post(cookie, '/drain');
    await console.post(cookie, '/datasets/check', { name: 'ward', version: '1' });
    const copy = await console.post(cookie, '/ledger/export');
    expect(copy.headers['content-disposition']).toContain('attachment');
    expect(console.did).toEqual([
      'pause steward',
      'resume steward',
      'drain steward',
      'check ward@1',
      'export steward',
    ]);
  });

  test('the policy is tried on paper, and the rule that decides is named', async () => {
    const cookie = await console.steward();
    const other = await console.get(cookie, '/policy?competition=8&try=1');
    expect(other.body).toMatch(/Refused.*<code>competitions<\/code>/s);
    const named = await console.get(cookie, '/policy?competition=7&submitter=ada&try=1');
    expect(named.body).toContain('Permitted');
  });

  test('what is put aside for runs under way stands beside what was told', async () => {
    const cookie = await console.steward();
    console.reserved = [
      { submitter: '5@hub', dataset: 'ward', bits: 21 },
      { submitter: '6@hub', dataset: 'ward', bits: 13 },
    ];
    const { body } = await console.get(cookie, '/budgets');
    expect(body).toContain('<h2>ward</h2>');
    expect(body).toMatch(/Everybody together:.*and 34 bits put aside/);
    expect(body).toMatch(/5@hub.*and 21 bits put aside/);
    console.reserved = [];
    expect((await console.get(cookie, '/budgets')).body).not.toContain('put aside<');
  });

  test('the ledger is read page by page, and filtered', async () => {
    const cookie = await console.steward();
    for (let run = 1; run <= 120; run += 1) {
      const refusal = {
        kind: 'refusal',
        attempt: 1,
        code: 'POLICY',
        rule: 'competitions',
        reason: '',
      } as const;
      await console.ledger.append({ ...refusal, run: String(run) });
    }
    const first = (await console.get(cookie, '/ledger')).body;
    expect(first).toContain('Run 120:');
    expect(first).not.toContain('Run 70:');
    const [, next = ''] = /href="(\/ledger\?before=\d+)"/.exec(first) ?? [];
    expect((await console.get(cookie, next)).body).toContain('Run 70:');
    const filtered = (await console.get(cookie, '/ledger?run=3&kind=refusal')).body;
    expect(filtered).toContain('Run 3:');
    expect(filtered).not.toContain('Run 4:');
  });
});

describe('reviews', () => {
  test('a reviewer lets exactly what they saw leave', async () => {
    await console.ask();
    const cookie = await console.signIn(BEN);
    const page = await console.get(cookie, '/reviews/review-1');
    expect(page.body).toContain('patient 17: ok');
    const [, seen = ''] = /name="seen" value="([^"]+)"/.exec(page.body) ?? [];
    await console.post(cookie, '/reviews/review-1', { verdict: 'approve', seen });
    expect(stateOf()).toBe('approved');
    expect((await console.get(cookie, '/reviews/review-1')).body).toContain('Your decision is recorded.');
  });

  test('a refusal without a reason, and a verdict about other bytes, are explained and do not count', async () => {
    await console.ask();
    const cookie = await console.signIn(BEN);
    await console.post(cookie, '/reviews/review-1', { verdict: 'refuse', seen: seenOf(), reason: ' ' });
    expect((await console.get(cookie, '/reviews/review-1')).body).toContain('Give a reason');
    await console.post(cookie, '/reviews/review-1', {
      verdict: 'approve',
      seen: sha256(Buffer.from('other')),
    });
    expect((await console.get(cookie, '/reviews/review-1')).body).toContain('has changed since');
    expect(stateOf()).toBe('open');
  });

  test('people of the submitter’s organization see neither the bytes nor a way to vote', async () => {
    await console.ask();
    const cookie = await console.signIn(EVE);
    const page = await console.get(cookie, '/reviews/review-1');
    expect(page.body).toContain('your own organization');
    expect(page.body).not.toContain('patient 17');
    for (const view of ['bytes', 'hex', 'rendered', 'redact']) {
      const answer = await console.get(cookie, `/reviews/review-1/material/0/${view}`);
      expect([answer.statusCode, answer.body.includes('patient')], view).toEqual([404, false]);
    }
    await console.post(cookie, '/reviews/review-1', { verdict: 'approve', seen: seenOf() });
    expect(stateOf()).toBe('open');
  });

  test('whom hubs vouch for by domains is known by them: nobody reviews for a colleague', async () => {
    await underPolicy('organizations: { widget ai: [widget.example] }');
    await console.ask({ settings: { submitterOrganization: 'uni.example\nlab.widget.example' } });
    for (const colleague of [EVE, { name: 'dan', organization: 'Uni.example' }]) {
      const cookie = await console.signIn(colleague);
      const page = await console.get(cookie, '/reviews/review-1');
      expect(page.body).toContain('your own organization');
      expect(page.body).not.toContain('patient 17');
      await console.post(cookie, '/reviews/review-1', { verdict: 'approve', seen: seenOf() });
    }
    expect(stateOf()).toBe('open');
    await console.post(await console.signIn(BEN), '/reviews/review-1', {
      verdict: 'approve',
      seen: seenOf(),
    });
    expect(stateOf()).toBe('approved');
  });

  test('blind reviewers learn nothing of each other, not even from the ledger', async () => {
    await console.ask({ settings: { reviewersNeeded: 2, blind: true } });
    const [ben, steward] = [await console.signIn(BEN), await console.steward()];
    await console.post(ben, '/reviews/review-1', {
      verdict: 'refuse',
      seen: seenOf(),
      reason: 'a secret opinion',
    });
    for (const url of ['/reviews/review-1', '/ledger', '/reviews']) {
      expect((await console.get(steward, url)).body, url).not.toContain('a secret opinion');
    }
    await console.post(steward, '/reviews/review-1', { verdict: 'approve', seen: seenOf() });
    expect((await console.get(steward, '/ledger')).body).toContain('a secret opinion');
  });

  test('a copy is looked at before it leaves, with the line ends of the original', async () => {
    await console.ask();
    const cookie = await console.signIn(BEN);
    const url = '/reviews/review-1/material/0/redact';
    const { material } = console.people.find('review-1', BEN)!;
    const fields = {
      seen: seenOf(),
      of: material[0]!.digest,
      copy: 'patient --: ok\r\ndone\r\n',
      reason: 'a number',
    };
    expect((await console.get(cookie, url)).body).not.toContain('Put this copy in its place');
    const look = await console.post(cookie, url, { ...fields, step: 'look' });
    expect(look.body).toContain('Put this copy in its place');
    expect(stateOf()).toBe('open');
    await console.post(cookie, url, { ...fields, step: 'replace' });
    expect(stateOf()).toBe('open');
    await console.post(cookie, '/reviews/review-1', { verdict: 'approve', seen: seenOf() });
    expect(stateOf()).toBe('approved');
    const left = await console.get(cookie, '/reviews/review-1/material/0/bytes');
    expect(left.body).toBe('patient --: ok\ndone\n');
  });

  test('only those whom the policy names may answer, as members of whom it says', async () => {
    await underPolicy(
      'reviewers: { Ada Nowak: { organization: North Hospital }, eve: { organization: Widget AI } }',
    );
    await console.ask();
    const ben = await console.signIn(BEN);
    expect((await console.get(ben, '/reviews/review-1')).body).toContain('who may answer: Ada Nowak, eve');
    await console.post(ben, '/reviews/review-1', { verdict: 'approve', seen: seenOf() });
    // Who is registered under another organization than the policy's gains nothing by it.
    const eve = await console.signIn({ ...EVE, organization: 'Nobody Inc' });
    await console.post(eve, '/reviews/review-1', { verdict: 'approve', seen: seenOf() });
    expect(stateOf()).toBe('open');
    await console.post(await console.signIn(ADA), '/reviews/review-1', {
      verdict: 'approve',
      seen: seenOf(),
    });
    expect(stateOf()).toBe('approved');
  });
});

describe('hostile names and material', () => {
  const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>'\u202e\u200b\u001b[31m`;

  test('names are text, wherever they stand, and nothing in them is hidden', async () => {
    await console.ask({
      settings: {
        competition: { id: '7', title: HOSTILE },
        submitter: { id: '3@hub', name: HOSTILE },
        dataset: HOSTILE,
      },
    });
    console.runs = [
      {
        run: '1',
        attempt: 1,
        competition: { id: '7', title: HOSTILE },
        submitter: HOSTILE,
        dataset: HOSTILE,
        isRehearsal: false,
        state: 'runs',
        waitsFor: null,
        waitsUntil: null,
        since: new Date(),
      },
    ];
    await console.ledger.append({ kind: 'control', what: 'pause', by: HOSTILE });
    const cookie = await console.steward();
    const urls = [
      '/runs',
      '/reviews',
      '/reviews/review-1',
      '/ledger',
      `/ledger?run=${encodeURIComponent(HOSTILE)}`,
      `/policy?submitter=${encodeURIComponent(HOSTILE)}`,
    ];
    for (const url of urls) {
      const { body } = await console.get(cookie, url);
      expect(body, url).not.toMatch(/<script>alert|<img src=x/);
      for (const hidden of ['\u202e', '\u200b', '\u001b']) expect(body.includes(hidden), url).toBe(false);
    }
  });

  test('material is shown as what it is, and a report is drawn only where it can reach nothing', async () => {
    const content = '<script>parent.document.title = "owned"</script>\u202edesrever';
    await console.ask({ material: [{ kind: 'report', mediaType: 'text/html', content }] });
    const cookie = await console.signIn(BEN);
    const { body } = await console.get(cookie, '/reviews/review-1');
    expect(body).toContain('&lt;script&gt;');
    expect(body).toContain('⟨U+202E⟩');
    const drawn = await console.get(cookie, '/reviews/review-1/material/0/rendered');
    expect(drawn.body).toBe(content);
    expect(drawn.headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);
    const bytes = await console.get(cookie, '/reviews/review-1/material/0/bytes');
    expect(bytes.headers['content-type']).toBe('application/octet-stream');
    expect(sha256(bytes.rawPayload)).toBe(sha256(Buffer.from(content)));
  });

  test('a log is never drawn as a page', async () => {
    await console.ask();
    const answer = await console.get(await console.signIn(BEN), '/reviews/review-1/material/0/rendered');
    expect(answer.statusCode).toBe(404);
  });
});
