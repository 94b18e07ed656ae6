import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage, overflow, PHONE } from '../harness/browser.ts';
import { codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import type { Person } from '../harness/person.ts';
import { type Challenge, TestNetwork } from '../harness/test-network.ts';

let network: TestNetwork;
let browser: Browser;
let challenge: Challenge;
let ada: Person;
let submission: number;

beforeAll(async () => {
  network = await TestNetwork.start({ portal: true });
  await network.addNode({ site: 'north' });
  browser = await launchBrowser();
  challenge = await network.addChallenge(scriptedBundle('scores={"score":0.1234567}'));
  ada = await network.addParticipant('ada', challenge);
  submission = await ada.submit(challenge.phaseId, codeSubmission());
  await ada.submissionOver(submission);
});
afterAll(async () => {
  await browser.close();
  await network[Symbol.asyncDispose]();
});

test('a participant sees that a score is verified, and by whom it was signed', async () => {
  const page = await openPage(browser, network.hub.url, { as: ada, ...PHONE });
  await page.goto(`/submissions/${submission}`);
  await page.getByText('Verified').waitFor();
  await page.locator('details.receipt summary').click();
  await page.getByText('Your browser has checked both signatures').waitFor();
  expect(await page.getByText(/^Signed by$/).count()).toBe(1);
  expect(await page.getByText(/^Countersigned by$/).count()).toBe(1);
  expect(await overflow(page)).toBe(0);
});

test('anybody who sees the board can verify its scores, and take the receipt along', async () => {
  const page = await openPage(browser, network.hub.url);
  await page.goto(`/competitions/${challenge.id}/leaderboard`);
  await page.getByRole('link', { name: /^Verify the scores/ }).click();
  await page.getByText('Verified').waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download the receipt' }).click();
  expect((await download).suggestedFilename()).toMatch(/^receipt-\d+\.json$/);
});

test('a score that was changed at the hub is told apart from the one that was signed', async () => {
  const page = await openPage(browser, network.hub.url, { as: ada });
  await network.hub.query('update scores set value = 0.999 where submission_id = $1', [submission]);
  await page.goto(`/submissions/${submission}`);
  await page.getByText('Does not match').waitFor();
  await page.locator('details.receipt summary').click();
  await page.getByText('Do not trust this score').waitFor();
  await page.getByText('shown otherwise than signed: score').first().waitFor();
});
