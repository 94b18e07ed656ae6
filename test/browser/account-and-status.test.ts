import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage, overflow, PHONE } from '../harness/browser.ts';
import { codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import { RestClient } from '../harness/rest-client.ts';
import { TestNetwork } from '../harness/test-network.ts';

let network: TestNetwork;
let browser: Browser;

beforeAll(async () => {
  network = await TestNetwork.start({ portal: true });
  await network.addNode({ site: 'north' });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await network[Symbol.asyncDispose]();
});

test('a token is made, works for a script, and is revoked', async () => {
  const ada = await network.addParticipant('ada');
  const page = await openPage(browser, network.hub.url, { as: ada });
  await page.goto('/account');
  await page.getByLabel('Name of the token').fill('training server');
  await page.getByRole('button', { name: 'Create a token' }).click();
  await page.getByText('Copy the token now').waitFor();
  const token = await page.locator('.notice code, .copyable code, code').first().innerText();
  const script = new RestClient(network.hub.url, token.trim());
  expect((await script.get('/api/datasets/')).status).toBe(200);

  await page.getByRole('button', { name: 'Revoke training server' }).click();
  await page.getByRole('button', { name: 'Revoke the token' }).click();
  await page.getByRole('rowheader', { name: 'training server' }).waitFor({ state: 'detached' });
  expect((await script.get('/api/datasets/')).status).toBe(401);
});

test('anybody sees sites, nodes and the queue', async () => {
  const page = await openPage(browser, network.hub.url);
  await page.goto('/status');
  const site = page.getByRole('article', { name: 'Site north' });
  await site.getByText('north-1').waitFor();
  await site
    .getByText(/scripted/)
    .first()
    .waitFor();
});

test('on a phone nothing is wider than the screen', async () => {
  const challenge = await network.addChallenge(
    scriptedBundle('scores={"score":0.5}', {
      title: 'A competition whose name is as long as names of competitions are',
    }),
  );
  const grace = await network.addParticipant('grace', challenge);
  const id = await grace.submit(challenge.phaseId, codeSubmission());
  await grace.submissionOver(id);
  const page = await openPage(browser, network.hub.url, { as: grace, ...PHONE });
  const competition = `/competitions/${challenge.id}`;
  const tabs = ['', '/phases', '/join', '/submit', '/submissions', '/leaderboard'];
  const paths = [
    '/',
    ...tabs.map((tab) => competition + tab),
    `/submissions/${id}`,
    '/account',
    '/status',
    '/manage/new',
  ];
  for (const path of paths) {
    await page.goto(path);
    await page.getByRole('heading').first().waitFor();
    expect([path, await overflow(page)]).toEqual([path, 0]);
  }
});
