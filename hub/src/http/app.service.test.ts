import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createPeople,
  createTestChallenge,
  type People,
  type TestChallenge,
} from './testing/test-challenge.ts';
import { createTestHub, type TestHub } from './testing/test-hub.ts';

let hub: TestHub;
let people: People;
let challenge: TestChallenge;
let portal: Server;

beforeAll(async () => {
  portal = createServer((request, response) => {
    response.setHeader('content-type', 'text/html').end(`portal ${request.headers.host} ${request.url}`);
  }).listen(0, '127.0.0.1');
  await once(portal, 'listening');
  hub = await createTestHub({
    WEIR_PORTAL_URL: `http://127.0.0.1:${(portal.address() as AddressInfo).port}`,
  });
  people = await createPeople(hub);
  challenge = await createTestChallenge(hub, people);
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  portal.close();
});

const get = (url: string, headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') =>
  hub.inject({ method: 'GET', url, headers, remoteAddress });

test('what is not the hub’s own is the portal’s, under the address that the browser sees', async () => {
  const response = await get('/competitions/1?tab=results', { host: 'weir.example' });
  expect(response.body).toBe('portal weir.example /competitions/1?tab=results');
  expect(response.headers['x-content-type-options']).toBe('nosniff');
});

test('it says that it lives, and whether it can work', async () => {
  expect((await get('/healthz')).json()).toEqual({ status: 'ok' });
  const ready = await get('/readyz');
  expect(ready.statusCode).toBe(200);
  expect(ready.json()).toEqual({ status: 'ok', checks: { database: 'ok', blobs: 'ok', running: 'ok' } });
});

test('metrics are for this machine and administrators', async () => {
  expect((await get('/metrics')).body).toContain('weir_http_request_duration_seconds_bucket');
  expect((await get('/metrics', {}, '192.0.2.7')).statusCode).toBe(401);
  expect((await get('/metrics', { ...people.user.headers }, '192.0.2.7')).statusCode).toBe(403);
  expect((await get('/metrics', { ...people.admin.headers }, '192.0.2.7')).statusCode).toBe(200);
  // Whoever comes through the proxy of this machine is not on this machine.
  expect((await get('/metrics', { 'x-forwarded-for': '192.0.2.7' })).statusCode).toBe(401);
});

test('a download is saved, not shown, and resumes', async () => {
  const url = `/files/phases/${challenge.phaseId}/public_data`;
  const mine = { ...people.participant.headers };
  expect((await get(url)).statusCode).toBe(403);
  const whole = await get(url, mine);
  expect(whole.body).toBe('public_data');
  expect(whole.headers).toMatchObject({
    'content-disposition': 'attachment; filename=public_data.zip',
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'accept-ranges': 'bytes',
  });
  const rest = await get(url, { ...mine, range: 'bytes=7-' });
  expect(rest.statusCode).toBe(206);
  expect(rest.headers['content-range']).toBe('bytes 7-10/11');
  expect(rest.body).toBe('data');
  expect((await get(url, { ...mine, range: 'bytes=11-' })).statusCode).toBe(416);
  expect((await get(url, { ...mine, 'if-none-match': String(whole.headers.etag) })).statusCode).toBe(304);
});

test('a report runs in an origin of its own, inside the portal alone', async () => {
  const report = await get(`/reports/${challenge.runId}`, { ...people.participant.headers });
  expect(report.body).toBe('<h1>Report</h1>');
  const policy = String(report.headers['content-security-policy']);
  expect(policy).toMatch(/^sandbox allow-scripts;/);
  expect(policy).not.toContain('allow-same-origin');
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'self'");
});

test('an unexpected error tells its number and nothing else', async () => {
  const response = await hub.inject({
    method: 'POST',
    url: '/trpc/accounts.login',
    payload: '{broken',
    headers: { 'content-type': 'application/json' },
  });
  expect(response.statusCode).toBe(400);
  expect(response.body).not.toContain('/src/');
});

test('live streams end when the hub stops, without telling the client that there is nothing more', async () => {
  await using stopping = await createTestHub();
  const organizer = await createPeople(stopping);
  const { creationId } = await createTestChallenge(stopping, organizer);
  const origin = await stopping.app.listen({ host: '127.0.0.1', port: 0 });
  const input = encodeURIComponent(JSON.stringify({ id: creationId }));
  const response = await fetch(`${origin}/trpc/live.creation?input=${input}`, {
    headers: { ...organizer.organizer.headers, accept: 'text/event-stream' },
  });
  const events = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let received = '';
  while (!received.includes('"status":"Finished"')) received += (await events.read()).value;
  stopping.stop();
  for (let read = await events.read(); !read.done; read = await events.read()) received += read.value;
  expect(received).not.toContain('event: return');
});
