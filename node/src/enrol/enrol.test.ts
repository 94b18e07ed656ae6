import { createHash, createHmac, randomBytes, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { homeAt } from '../home/home.ts';
import { fits, readCredentials, readIdentity } from '../home/identity.ts';
import { makeAuthority, type TestAuthority } from '../link/testing/authority.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { enrol, enrolAgain } from './enrol.ts';
import { parseToken } from './token.ts';

interface Request {
  enrolment: string;
  name: string;
  certificateRequest: string;
  mac: string;
  node?: string;
}

/** A hub's enrolment endpoint, as the contract has it, written down anew: it shares no code with the node. */
async function enrolmentHub(
  authority: TestAuthority,
  { knowsSecret = true, shownAuthority = authority } = {},
) {
  const secret = randomBytes(32);
  const requests: Request[] = [];
  const key = createHash('sha256')
    .update(knowsSecret ? secret : 'a guess')
    .digest();
  const mac = (text: string) => createHmac('sha256', key).update(text).digest('base64url');
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as Request;
    requests.push(body);
    const certificate = await shownAuthority.certify(body.certificateRequest, 'client');
    response.end(
      JSON.stringify({
        nodeId: 'n7',
        site: 'north',
        hub: 'Test hub',
        grpc: '127.0.0.1:8443',
        certificate,
        authority: shownAuthority.certificate,
        mac: mac(`${certificate}\n${shownAuthority.certificate}`),
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const fingerprint = createHash('sha256')
    .update(new X509Certificate(authority.certificate).raw)
    .digest('base64url');
  return {
    requests,
    secret,
    mac,
    hubUrl: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    token: `weir1.e42.${secret.toString('base64url')}.${fingerprint}`,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('a node enrols with a token, and its key and the secret stay at the site', async () => {
  const authority = await makeAuthority();
  await using hub = await enrolmentHub(authority);
  await using folder = await temporaryFolder();
  const home = homeAt(join(folder.path, 'node'));
  const identity = await enrol(home, { hubUrl: `${hub.hubUrl}/`, token: hub.token, name: 'north-1' });
  expect(identity).toEqual({
    nodeId: 'n7',
    name: 'north-1',
    site: 'north',
    hub: 'Test hub',
    hubUrl: hub.hubUrl,
    grpc: '127.0.0.1:8443',
  });
  expect(await readIdentity(home)).toEqual(identity);
  const { key, certificate } = await readCredentials(home);
  expect(fits(certificate, key)).toBe(true);
  for (const path of [home.key, home.certificate, home.identity]) {
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  }

  const [request] = hub.requests;
  expect(request?.enrolment).toBe('e42');
  expect(request?.mac).toBe(hub.mac(`${request?.certificateRequest}\nnorth-1`));
  const sent = JSON.stringify(request);
  expect(sent).not.toContain(hub.secret.toString('base64url'));
  expect(sent).not.toContain('PRIVATE KEY');
  expect(await readFile(home.authority, 'utf8')).toBe(authority.certificate);
});

test('an answer of somebody who does not know the secret is refused, and nothing is stored', async () => {
  const authority = await makeAuthority();
  await using hub = await enrolmentHub(authority, { knowsSecret: false });
  await using folder = await temporaryFolder();
  const options = { hubUrl: hub.hubUrl, token: hub.token, name: 'north-1' };
  await expect(enrol(homeAt(folder.path), options)).rejects.toMatchObject({ code: 'enrolment_failed' });
  expect(await readdir(folder.path)).toEqual([]);
});

test('an authority with another fingerprint than the token says is refused', async () => {
  const authority = await makeAuthority();
  await using hub = await enrolmentHub(authority, { shownAuthority: await makeAuthority() });
  await using folder = await temporaryFolder();
  const options = { hubUrl: hub.hubUrl, token: hub.token, name: 'north-1' };
  await expect(enrol(homeAt(folder.path), options)).rejects.toThrow(/authority is not the one/);
  expect(await readdir(folder.path)).toEqual([]);
});

test('a node comes back as it was, under a new key, and keeps what it holds', async () => {
  const authority = await makeAuthority();
  await using hub = await enrolmentHub(authority);
  await using folder = await temporaryFolder();
  const home = homeAt(folder.path);
  const first = await enrol(home, { hubUrl: hub.hubUrl, token: hub.token, name: 'north-1' });
  await writeFile(join(home.spool, 'journal'), 'kept');
  const before = await readCredentials(home);
  expect(await enrolAgain(home, { hubUrl: hub.hubUrl, token: hub.token })).toEqual(first);
  expect(hub.requests.map(({ name, node }) => [name, node])).toEqual([
    ['north-1', undefined],
    ['north-1', 'n7'],
  ]);
  const after = await readCredentials(home);
  expect(after.key).not.toBe(before.key);
  expect(fits(after.certificate, after.key)).toBe(true);
  expect(await readFile(join(home.spool, 'journal'), 'utf8')).toBe('kept');
});

test('a home keeps its key when the hub does not take the node back', async () => {
  const authority = await makeAuthority();
  await using hub = await enrolmentHub(authority);
  await using folder = await temporaryFolder();
  const home = homeAt(folder.path);
  await enrol(home, { hubUrl: hub.hubUrl, token: hub.token, name: 'north-1' });
  const before = await readCredentials(home);
  await using other = await enrolmentHub(authority, { knowsSecret: false });
  await expect(enrolAgain(home, { hubUrl: other.hubUrl, token: other.token })).rejects.toMatchObject({
    code: 'enrolment_failed',
  });
  expect(await readCredentials(home)).toEqual(before);
});

test.each(['', 'weir2.a.b.c', 'weir1.a.b', 'weir1.e.c2hvcnQ.AAAA'])('"%s" is no token', (token) => {
  expect(() => parseToken(token)).toThrow(/--token/);
});
