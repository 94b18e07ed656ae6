import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage } from '../harness/browser.ts';
import { codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';
import type { TestNode } from '../harness/test-node.ts';

let network: TestNetwork;
let browser: Browser;
let west: TestNode;

/** East and north share their scores; west, which is late, does not, and neither does south. */
const SHARING = { east: true, north: true, south: false, west: false } as const;

beforeAll(async () => {
  network = await TestNetwork.start({ portal: true });
  for (const [site, sharesScores] of Object.entries(SHARING)) {
    const dataset = { input: { 'value.txt': '1' }, reference: { 'truth.txt': '1' } };
    const node = await network.addNode({ site, dataset, sharesScores });
    if (site === 'west') west = node;
  }
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await network[Symbol.asyncDispose]();
});

test('the board says which sites are in a score, why others are not, and what came late', async () => {
  const challenge = await network.addChallenge(
    scriptedBundle('scores={"score":0.625}', {
      tasks: [{ siteData: { dataset: 'ward@1', sites: ['east', 'north', 'west'], quorum: 2 } }],
    }),
  );
  const ada = await network.addParticipant('ada', challenge);
  const page = await openPage(browser, network.hub.url, { as: ada });
  await page.goto(`/competitions/${challenge.id}/phases`);
  await page.getByText('It stands from 2 sites on; later ones update it.').waitFor();

  await network.administrator.trpc.sites.setSharesScores.mutate({ site: 'west', sharesScores: true });
  await west.process.stop();
  const id = await ada.submit(challenge.phaseId, codeSubmission());
  await ada.submissionOver(id);
  await page.goto(`/submissions/${id}`);
  await page.getByText('2 of 3 sites in the score').waitFor();
  await page.goto(`/competitions/${challenge.id}/leaderboard`);
  await page.getByText('2 of 3 sites').waitFor();
  await page.getByText('why', { exact: true }).click();
  await page.getByText('Still to come: Site west.').waitFor();
  await page.getByRole('checkbox', { name: 'Show the scores of each site' }).check();
  await page.getByRole('rowheader', { name: 'Site north' }).waitFor();

  await west.run();
  await page.getByText('3 of 3 sites').waitFor();
  await page.getByText(/updated since/).waitFor();
});

test('scores that sites keep to themselves are in the combined score alone, and the page says so', async () => {
  await network.administrator.trpc.sites.setSharesScores.mutate({ site: 'west', sharesScores: false });
  const challenge = await network.addChallenge(
    scriptedBundle('scores={"score":0.625}', { tasks: [{ siteData: 'ward@1' }] }),
  );
  const grace = await network.addParticipant('grace', challenge);
  const id = await grace.submit(challenge.phaseId, codeSubmission());
  await grace.submissionOver(id);
  const page = await openPage(browser, network.hub.url, { as: grace });
  await page.goto(`/submissions/${id}`);
  await page.getByText('4 of 4 sites in the score').waitFor();
  expect(await page.getByText('Its own scores are not shown').count()).toBe(2);

  const pair = await network.addChallenge(
    scriptedBundle('scores={"score":0.625}', {
      tasks: [{ siteData: { dataset: 'ward@1', sites: ['south', 'west'] } }],
    }),
  );
  const linus = await network.addParticipant('linus', pair);
  const withheld = await linus.submit(pair.phaseId, codeSubmission());
  await linus.submissionOver(withheld);
  const other = await openPage(browser, network.hub.url, { as: linus });
  await other.goto(`/submissions/${withheld}`);
  await other.getByText(/with fewer than 3 sites it would reveal/).waitFor();
});
