import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage, overflow, PHONE } from '../harness/browser.ts';
import { codeSubmission, competitionBundle } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';
import type { TestNode } from '../harness/test-node.ts';
import { waitFor } from '../harness/wait-for.ts';

let network: TestNetwork;
let node: TestNode;
let browser: Browser;

const POLICY = `version: 1
hubs: any
competitions: any
submitters: any
images: any
programs: any
resources: { memory: 64GiB, cpus: 64, step_seconds: 86400, disk: 256GiB, gpus: 64 }
datasets:
  ward@1: { competitions: any, submitters: any }
egress:
  site_data:
    scores: { most: 10, decimals: 3, min_cases: 0, require_range: false }
    logs: none
    review: { scores: always, logs: never }
    timing: { bucket: exact }
    budget: { per_submitter_bits: 1000, per_dataset_bits: 1000 }
...
`;

const COPY = `with open("/app/input_data/value.txt") as value, open("/app/output/prediction.txt", "w") as out:
    out.write(value.read())
`;

beforeAll(async () => {
  network = await TestNetwork.start();
  const dataset = { input: { 'value.txt': '0.75' }, reference: { 'truth.txt': '1' } };
  node = await network.addNode({ site: 'north', engine: 'bubblewrap', policy: POLICY, dataset });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await network?.[Symbol.asyncDispose]();
});

/** A browser at the console, in which the steward has opened the address that the node printed. */
async function enter(options: Parameters<typeof openPage>[2] = {}): Promise<Page> {
  const address = await node.consoleAddress();
  const page = await openPage(browser, new URL(address).origin, options);
  await page.goto(address);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  return page;
}

test('a steward sees what would leave, lets it leave, and the participant has the score', async () => {
  const challenge = await network.addChallenge(competitionBundle({ tasks: [{ siteData: 'ward@1' }] }));
  const ada = await network.addParticipant('ada', challenge);
  const id = await ada.submit(challenge.phaseId, codeSubmission(COPY));
  await waitFor(
    'the participant to read that the site reviews it',
    () => ada.trpc.submissions.get.query({ id }),
    ({ waiting }) => waiting?.includes('review') === true,
    { within: 60_000 },
  );

  const page = await enter();
  await page.getByRole('link', { name: 'Reviews' }).click();
  await page.getByRole('link', { name: 'May scores leave?' }).click();
  await page.getByRole('list', { name: 'Exact text' }).getByText('{"score":0.75}').waitFor();
  await page.getByRole('button', { name: 'Refuse' }).click();
  await page.getByText('Give a reason').waitFor();
  await page.getByRole('button', { name: 'Let exactly this leave' }).click();
  await page.getByText('Your decision is recorded.').waitFor();
  expect(await ada.submissionOver(id)).toMatchObject({ status: 'Finished', scores: [{ raw: 0.75 }] });

  await page.getByRole('link', { name: 'Ledger' }).click();
  await page.getByText('steward: approve').waitFor();
  await page.getByText(/scores left, for/).waitFor();
  await page.getByRole('button', { name: 'Verify now' }).click();
  await page.getByText('are as this node wrote them').waitFor();
  await page.getByRole('link', { name: 'Budgets' }).click();
  await page
    .getByText(/of 1000 bits/)
    .first()
    .waitFor();
});

test('a steward pauses the node, also on a phone and without a mouse or scripts, and it stays so', async () => {
  const page = await enter({ ...PHONE, javaScriptEnabled: false });
  expect(await overflow(page)).toBe(0);
  await page.getByRole('button', { name: 'Pause' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('The node is paused.').waitFor();
  await node.process.stop();
  await node.run();
  const next = await enter(PHONE);
  await next.getByRole('heading', { name: 'Paused' }).waitFor();
  await next.getByRole('button', { name: 'Take runs again' }).click();
  await next.getByRole('heading', { name: 'Working' }).waitFor();
});

test('every page of the console fits a phone and a desk, in light and dark', async () => {
  const page = await enter();
  for (const path of ['/', '/runs', '/reviews', '/ledger', '/datasets', '/budgets', '/policy', '/help']) {
    await page.goto(path);
    for (const [width, colorScheme] of [
      [360, 'dark'],
      [1280, 'light'],
    ] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      expect(await overflow(page), `${path} at ${width}`).toBe(0);
    }
  }
});
