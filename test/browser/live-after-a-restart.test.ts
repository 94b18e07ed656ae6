import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { launchBrowser, openPage } from '../harness/browser.ts';
import { codeSubmission, scriptedBundle } from '../harness/challenge.ts';
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

test('a page that was open while the hub was killed is live again by itself', async () => {
  const challenge = await network.addChallenge(scriptedBundle('prediction.sleep=6000,scores={"score":0.5}'));
  const ada = await network.addParticipant('ada', challenge);
  const page = await openPage(browser, network.hub.url, { as: ada, expects: /ERR_|Failed to load resource/ });
  const id = await ada.submit(challenge.phaseId, codeSubmission());
  await ada.submissionInState(id, 'predicting');
  // What is killed before the page's scripts are there cannot be missed by them.
  const follows = page.waitForRequest(/live\.submission/);
  await page.goto(`/submissions/${id}`);
  await follows;
  await page.getByText('Running', { exact: true }).first().waitFor();
  await network.hub.process.kill();
  await network.hub.restart();
  await page.getByText('Finished', { exact: true }).first().waitFor();
  await page.getByText('0.500').first().waitFor();
});
