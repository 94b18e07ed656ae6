import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage, overflow, PHONE } from '../harness/browser.ts';
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

const SCORES = 'scores={"dice":0.62,"seconds":12,"final":0.4}';
const COLUMNS = [
  { key: 'dice', title: 'Dice', group: 'Quality' },
  { key: 'seconds', title: 'Seconds', sorting: 'asc' },
  { key: 'final', title: 'Private Dice' },
];
const TASKS = [{ name: 'Lung' }, { name: 'Liver' }];

/** A board of two tasks with a split, and ada's entry on it. */
async function enteredChallenge() {
  const splits = [{ key: 'final', title: 'Private test set', columns: [2] }];
  const challenge = await network.addChallenge(
    scriptedBundle(SCORES, { tasks: TASKS, columns: COLUMNS, board: { splits, task_rule: 'mean' } }),
  );
  const ada = await network.addParticipant(`ada-${challenge.id}`, challenge);
  const id = await ada.submit(challenge.phaseId, codeSubmission());
  await ada.submissionOver(id);
  return { challenge, ada, id, address: `/competitions/${challenge.id}/leaderboard` };
}

test('a board is sorted by the column of a task, in the address, and downloaded', async () => {
  const { ada, address } = await enteredChallenge();
  const page = await openPage(browser, network.hub.url, { as: ada });
  await page.goto(address);
  await page.getByRole('columnheader', { name: 'Liver' }).waitFor();
  expect(await page.getByRole('link', { name: 'Private test set' }).count()).toBe(0);
  await page
    .getByRole('columnheader', { name: /Seconds/ })
    .last()
    .getByRole('link')
    .click();
  await page.waitForURL(/sort=seconds&task=\d+/);
  await page
    .getByRole('columnheader', { name: /Seconds/ })
    .last()
    .getByRole('link')
    .click();
  await page.waitForURL(/dir=worst/);
  await page.reload();
  expect(await page.locator('th[aria-sort="descending"]').count()).toBe(1);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download the board as CSV' }).click(),
  ]);
  const [head, line] = (await readFile(await download.path(), 'utf8')).split('\r\n');
  expect(head).toContain('dice,seconds,Lung: dice,Lung: seconds,Liver: dice');
  expect(line).toContain(`,${ada.username},`);
  const phone = await openPage(browser, network.hub.url, { ...PHONE });
  await phone.goto(address);
  await phone.getByText('0.620').first().waitFor();
  expect(await overflow(phone)).toBe(0);
});

test('organizers mark entries, hide names and open a split', async () => {
  const { ada, address } = await enteredChallenge();
  const page = await openPage(browser, network.hub.url, { as: network.organizer });
  await page.goto(address);
  await page.getByRole('button', { name: `Mark the entry of ${ada.username}` }).click();
  await page.getByRole('checkbox', { name: /A baseline/ }).check();
  await page.getByLabel('Note, for everybody').fill('The method of the paper');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('baseline', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Hide the names' }).click();
  await page.getByRole('button', { name: 'Show the names' }).waitFor();

  const visitor = await openPage(browser, network.hub.url);
  await visitor.goto(address);
  await visitor.getByRole('rowheader', { name: /Anonymous/ }).waitFor();
  await visitor.getByText('The method of the paper').waitFor();

  await page.getByRole('link', { name: 'Private test set' }).click();
  await page
    .getByRole('columnheader', { name: /Private Dice/ })
    .first()
    .waitFor();
  await page.getByLabel('Seen by').selectOption('everybody');
  await page.getByRole('button', { name: 'Save' }).click();
  await visitor.getByRole('link', { name: 'Private test set' }).click();
  await visitor.getByText('0.400').first().waitFor();
});

test('a page asks for the board no more than once a second, however fast it changes', async () => {
  const { challenge, address } = await enteredChallenge();
  const page = await openPage(browser, network.hub.url);
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('leaderboards.get')) asked++;
  });
  const opened = performance.now();
  await page.goto(address);
  await page.getByText('Live', { exact: true }).waitFor();
  const { phaseId } = challenge;
  for (let change = 0; change <= 40; change++)
    await network.organizer.trpc.leaderboards.setAnonymous.mutate({ phaseId, anonymous: change % 2 === 0 });
  await page.getByRole('rowheader', { name: /Anonymous/ }).waitFor();
  const seconds = (performance.now() - opened) / 1_000;
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThanOrEqual(seconds + 2);
});
