import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage } from '../harness/browser.ts';
import { type BundleOptions, codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import { type Challenge, TestNetwork } from '../harness/test-network.ts';

let network: TestNetwork;
let browser: Browser;

beforeAll(async () => {
  network = await TestNetwork.start({ portal: true });
  await network.addNode({ site: 'north', slots: 1 });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await network[Symbol.asyncDispose]();
});

const FILE = { name: 'model.zip', mimeType: 'application/zip', buffer: codeSubmission() };

function makeChallenge(script: string, options?: BundleOptions): Promise<Challenge> {
  return network.addChallenge(scriptedBundle(script, options));
}

/** The card of the newest submission on the page. */
const newest = (page: Page) => page.getByRole('article', { name: /^Submission / }).first();

test('joins with the terms, submits by the file chooser, watches it finish; the board of somebody else moves', async () => {
  const challenge = await makeChallenge('prediction.sleep=1500,prediction.output=800,scores={"score":0.625}');
  const ada = await network.addParticipant('ada');
  const page = await openPage(browser, network.hub.url, { as: ada });
  await page.goto(`/competitions/${challenge.id}`);
  await page.getByRole('link', { name: 'Join', exact: true }).click();
  await page.getByText('Be fair.').waitFor();
  await page.getByRole('checkbox', { name: /I have read the terms/ }).check();
  await page.getByRole('button', { name: 'Join the competition' }).click();
  await page.waitForURL(/\/submit/);

  const visitor = await openPage(browser, network.hub.url);
  await visitor.goto(`/competitions/${challenge.id}/leaderboard`);

  const chooser = page.waitForEvent('filechooser');
  await page.getByLabel('Submission file', { exact: true }).last().click();
  await (await chooser).setFiles(FILE);
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await newest(page).getByText('Running', { exact: true }).waitFor();
  await newest(page).getByText('Finished', { exact: true }).first().waitFor();
  await newest(page).getByText('0.625').first().waitFor();
  await visitor.getByRole('rowheader', { name: 'ada' }).waitFor();
  await visitor.getByRole('cell', { name: '0.625' }).waitFor();

  await newest(page).getByRole('heading').getByRole('link').click();
  await page.getByRole('tab', { name: 'Prediction output' }).waitFor();
  expect(await page.getByRole('log', { name: 'Prediction output' }).innerText()).toMatch(/^x{79}\n/);
});

test('submits by drag and drop to the chosen task alone, with a fact sheet, and cancels', async () => {
  const challenge = await makeChallenge('prediction.hang', {
    tasks: [{ name: 'Liver' }, { name: 'Vessels' }],
    factSheet: {
      method: {
        type: 'text',
        title: 'Method',
        selection: '',
        is_required: 'true',
        is_on_leaderboard: 'false',
      },
    },
  });
  const grace = await network.addParticipant('grace', challenge);
  const page = await openPage(browser, network.hub.url, { as: grace });
  await page.goto(`/competitions/${challenge.id}/submit`);
  // Enabled as soon as the page can take a file.
  await page.locator('input[type=file]:enabled').waitFor();
  const transfer = await page.evaluateHandle(
    `new Promise((resolve) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob('${FILE.buffer.toString('base64')}'), (char) => char.charCodeAt(0));
      transfer.items.add(new File([bytes], 'dropped.zip', { type: 'application/zip' }));
      resolve(transfer);
    })`,
  );
  const area = page.getByRole('group', { name: 'Submission file' });
  await area.dispatchEvent('dragover', { dataTransfer: transfer });
  await area.dispatchEvent('drop', { dataTransfer: transfer });
  await area.getByText('dropped.zip').waitFor();
  await page.getByRole('checkbox', { name: 'Vessels' }).uncheck();
  await page.getByLabel('Method').fill('U-Net');
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await page.getByText('“dropped.zip” is submitted.').waitFor();
  await newest(page).getByText('Running', { exact: true }).waitFor();
  const { items } = await grace.trpc.submissions.mine.query({ phaseId: challenge.phaseId });
  expect(items).toMatchObject([{ taskName: 'Liver', children: [] }]);
  // What was chosen and typed stays for the next one.
  expect(await page.getByRole('checkbox', { name: 'Vessels' }).isChecked()).toBe(false);
  expect(await page.getByLabel('Method').inputValue()).toBe('U-Net');
  await newest(page).getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Cancel the submission' }).click();
  await newest(page).getByText('Cancelled', { exact: true }).first().waitFor();
});

test('submits with the keyboard alone', async () => {
  const challenge = await makeChallenge('scores={"score":0.5}');
  const linus = await network.addParticipant('linus', challenge);
  const page = await openPage(browser, network.hub.url, { as: linus });
  await page.goto(`/competitions/${challenge.id}`);
  await page.getByRole('link', { name: 'Make a submission' }).waitFor();
  await tabTo(page, 'Make a submission');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/submit/);
  await page.locator('input[type=file]:enabled').waitFor();
  // Waited for from before the keys: a browser that is told late to give its chooser to us opens its own.
  const chooser = page.waitForEvent('filechooser', { timeout: 60_000 });
  await tabTo(page, 'Submission file');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles(FILE);
  await tabTo(page, 'Submit');
  await page.keyboard.press('Enter');
  await newest(page).getByText('Finished', { exact: true }).first().waitFor();
});

/** Presses Tab until something of this name has the focus, which has to be visible. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<string>(
      `document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? ''`,
    );
    if (focused.trim() === name) return;
  }
  throw new Error(`the Tab key does not reach "${name}"`);
}
