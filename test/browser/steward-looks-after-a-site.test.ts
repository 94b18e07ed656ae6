import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage, PHONE } from '../harness/browser.ts';
import { codeSubmission, competitionBundle } from '../harness/challenge.ts';
import { Person } from '../harness/person.ts';
import { type Challenge, TestNetwork } from '../harness/test-network.ts';

let network: TestNetwork;
let browser: Browser;
let challenge: Challenge;
let steward: Person;
let ada: Person;

beforeAll(async () => {
  network = await TestNetwork.start({ portal: true });
  browser = await launchBrowser();
  const data = {
    input: { 'value.txt': '0.25' },
    reference: { 'truth.txt': '1' },
    'synthetic-input': { 'value.txt': '0.5' },
    'synthetic-reference': { 'truth.txt': '1' },
  };
  await network.addNode({ site: 'north', engine: 'bubblewrap', dataset: data });
  challenge = await network.addChallenge(competitionBundle({ tasks: [{ siteData: 'ward@1' }] }));
  steward = await Person.register(network.hub.url, 'steward');
  ada = await network.addParticipant('ada', challenge);
  await network.administrator.trpc.sites.addSteward.mutate({ site: 'north', username: 'steward' });
});
afterAll(async () => {
  await browser.close();
  await network[Symbol.asyncDispose]();
});

test.each([
  ['a desktop', {}],
  ['a phone', PHONE],
])('on %s, a steward sees the site, and drains and takes back its node', async (_, device) => {
  const page = await openPage(browser, network.hub.url, { as: steward, ...device });
  await page.goto('/status');
  await page.getByRole('link', { name: 'Site north' }).click();
  await page.getByRole('heading', { level: 1, name: 'Site north' }).waitFor();
  const node = page.getByRole('article', { name: 'Node north-1' });
  await node.getByText('Online').waitFor();
  await node.getByText('Key of its receipts').waitFor();
  await node
    .getByText(/^sha256:[0-9a-f]{64}$/)
    .first()
    .waitFor();
  await page.getByText('ward@1').first().waitFor();
  await page.getByText('synthetic stand-in').waitFor();
  await node.getByRole('button', { name: 'Hand out no more runs' }).click();
  await node.getByText('Drained from the hub').waitFor();
  await node.getByRole('button', { name: 'Hand out runs again' }).click();
  await node.getByText('Online').waitFor();
  await node.getByRole('button', { name: 'Enrol again' }).click();
  await page.getByText('weir-node enrol --again').waitFor();
  const wider = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
  expect(wider).toBe(false);
});

test('whoever does not look after a site is not shown its page', async () => {
  const page = await openPage(browser, network.hub.url, { as: ada, expects: /403/ });
  const response = await page.goto('/sites/north');
  expect(response?.status()).toBe(403);
});

test.each([
  ['a desktop', {}],
  ['a phone', PHONE],
])('on %s, a participant rehearses, and is told what that is', async (_, device) => {
  const page = await openPage(browser, network.hub.url, { as: ada, ...device });
  await page.goto(`/competitions/${challenge.id}/submit`);
  await page.getByRole('radio', { name: /Rehearse/ }).check();
  await page.getByLabel('Where').selectOption({ label: 'Site north' });
  const archive = { name: 'code.zip', mimeType: 'application/zip', buffer: codeSubmission() };
  await page.locator('input[type=file]').setInputFiles(archive);
  await page.getByRole('button', { name: 'Rehearse' }).click();
  await page.getByText('“code.zip” is submitted.').waitFor();
  const card = page.getByRole('article', { name: /^Submission/ }).first();
  await card.getByText('Rehearsal', { exact: true }).waitFor();
  await card.getByText('Finished').first().waitFor({ timeout: 60_000 });
  await card.getByRole('link').first().click();
  await page.getByText('It ran on made-up data').waitFor();
  const wider = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
  expect(wider).toBe(false);
});
