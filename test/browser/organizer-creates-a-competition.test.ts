import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage } from '../harness/browser.ts';
import { competitionBundle } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';

let network: TestNetwork;
let browser: Browser;

beforeAll(async () => {
  network = await TestNetwork.start({ portal: true });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await network[Symbol.asyncDispose]();
});

/** The page takes a file only once its script is at work. */
async function choose(page: Page, file: ReturnType<typeof asFile>): Promise<void> {
  const input = page.locator('input[type=file]:enabled');
  await input.waitFor({ state: 'attached' });
  await input.setInputFiles(file);
}

const asFile = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/zip', buffer });

test('somebody registers, uploads a bundle with problems, sees them all, puts them right, and publishes', async () => {
  const page = await openPage(browser, network.hub.url);
  await page.goto('/');
  await page.getByRole('link', { name: 'Create account' }).first().click();
  await page.getByLabel('User name').fill('olga');
  await page.getByLabel('E-mail').fill('olga@example.org');
  await page.getByLabel('Password').fill('a long enough password');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('link', { name: 'olga' }).waitFor();

  await page.goto('/manage/new');
  const yaml =
    'version: 2\ntitle: Broken\nimage: missing.png\nphases: [{name: Main, start: soon, tasks: [7]}]\n';
  const broken = competitionBundle({ files: { 'competition.yaml': yaml } });
  await choose(page, asFile('broken.zip', broken));
  await page.getByRole('button', { name: 'Create the competition' }).click();
  await page.getByText('The competition was not created').waitFor();
  const problems = await page.locator('.problems li').allInnerTexts();
  expect(problems.length).toBeGreaterThanOrEqual(4);
  expect(problems.join('\n')).toMatch(/not_a_date[\s\S]*"soon" is no date/);
  expect(problems.join('\n')).toContain('competition.yaml:4');

  const good = competitionBundle({ title: 'Wards of tomorrow' });
  await choose(page, asFile('good.zip', good));
  await page.getByRole('button', { name: 'Check only' }).click();
  await page.getByText('The bundle is in order').waitFor();
  await page.getByText('Nothing has been created').waitFor();
  await page.getByRole('button', { name: 'Create the competition' }).click();
  await page.getByRole('link', { name: 'Manage and publish' }).click();
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByRole('heading', { name: 'Published' }).waitFor();

  await page.getByRole('link', { name: 'Dumps' }).click();
  await page.getByText('No dumps yet').waitFor();
  await page.getByRole('button', { name: 'Create a dump' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download' }).click();
  const dump = await readFile(await (await download).path());
  await page.goto('/manage/new');
  await choose(page, asFile('dump.zip', dump));
  await page.getByRole('button', { name: 'Create the competition' }).click();
  await page.getByRole('link', { name: 'Manage and publish' }).click();
  await page.getByRole('heading', { name: 'Wards of tomorrow' }).waitFor();

  const visitor = await openPage(browser, network.hub.url);
  await visitor.goto('/');
  await visitor.getByRole('link', { name: 'Wards of tomorrow' }).first().click();
  await visitor.getByRole('heading', { name: 'Welcome' }).waitFor();
});
