import { readFile } from 'node:fs/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage } from '../harness/browser.ts';
import { codeSubmission, scriptedBundle } from '../harness/challenge.ts';
import type { Person } from '../harness/person.ts';
import { type Challenge, TestNetwork } from '../harness/test-network.ts';

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

const makeChallenge = () =>
  network.addChallenge(scriptedBundle('scores={"score":0.625}', { submissionRule: 'Force_Best' }));

async function submitted(person: Person, { phaseId }: Challenge): Promise<number> {
  const id = await person.submit(phaseId, codeSubmission());
  expect(await person.submissionOver(id)).toMatchObject({ status: 'Finished' });
  return id;
}

async function openConsole({ id }: Challenge, where = '', expects?: RegExp): Promise<Page> {
  const page = await openPage(browser, network.hub.url, {
    as: network.organizer,
    ...(expects && { expects }),
  });
  await page.goto(`/manage/${id}/submissions${where}`);
  await page.getByRole('combobox', { name: 'Phase' }).and(page.locator(':enabled')).first().waitFor();
  return page;
}

const choose = (page: Page, id: number) =>
  page.getByRole('checkbox', { name: `Choose submission ${id}`, exact: true }).check();
const act = (page: Page, name: string) =>
  page.getByRole('toolbar', { name: 'Chosen submissions' }).getByRole('button', { name }).click();
const row = (page: Page, id: number): Locator =>
  page
    .getByRole('row')
    .filter({ has: page.getByRole('checkbox', { name: `Choose submission ${id}`, exact: true }) });

test('filters survive a reload, hold for downloads, and what they let through is run again at once', async () => {
  const challenge = await makeChallenge();
  const ada = await network.addParticipant('ada', challenge);
  const grace = await network.addParticipant('grace', challenge);
  const [first, second] = [await submitted(ada, challenge), await submitted(ada, challenge)];
  const other = await submitted(grace, challenge);

  const page = await openConsole(challenge);
  await row(page, other).waitFor();
  await page.getByRole('combobox', { name: 'Status' }).selectOption('Finished');
  await page.waitForURL(/status=Finished/);
  await page.getByRole('searchbox', { name: 'Search submissions' }).fill('ada');
  await page.keyboard.press('Enter');
  await page.waitForURL(/search=ada/);
  await page.reload();
  await row(page, first).waitFor();
  expect(await row(page, other).count()).toBe(0);
  expect(await page.getByRole('combobox', { name: 'Status' }).inputValue()).toBe('Finished');
  expect(await page.getByRole('searchbox', { name: 'Search submissions' }).inputValue()).toBe('ada');

  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'CSV' }).click();
  const csv = await readFile(await (await downloading).path(), 'utf8');
  const ids = csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',')[0]));
  expect(ids).toEqual([second, first]);

  await page.getByRole('checkbox', { name: 'Choose all on this page' }).and(page.locator(':enabled')).check();
  await act(page, 'Run again');
  await page.getByRole('button', { name: 'Run 2 submissions again' }).click();
  await page.getByText('2 submissions run again', { exact: true }).waitFor();
  await page.getByRole('row').nth(4).waitFor();
  const all = await network.organizer.trpc.submissions.all.query({
    competitionId: challenge.id,
    owner: 'ada',
  });
  expect(all.items).toHaveLength(4);
});

test('what was deleted is taken back, and what is public is listed for everybody', async () => {
  const challenge = await makeChallenge();
  const noa = await network.addParticipant('noa', challenge);
  const id = await submitted(noa, challenge);
  const page = await openConsole(challenge);
  await choose(page, id);
  await act(page, 'Make public');
  await page.getByText('1 submission made public.').waitFor();
  await row(page, id).getByText('Public', { exact: true }).waitFor();
  await choose(page, id);
  await act(page, 'Delete');
  await page.getByRole('button', { name: 'Delete 1 submission' }).click();
  await page.getByText('No submissions', { exact: true }).waitFor();
  await page.getByText('1 submission deleted.').waitFor();
  await page.getByRole('link', { name: 'Deleted', exact: true }).click();
  await page.getByRole('button', { name: `Take back the deletion of ${id}` }).click();
  await page.getByText('is back, and on the board').waitFor();

  const visitor = await openPage(browser, network.hub.url);
  await visitor.goto(`/competitions/${challenge.id}`);
  await visitor.getByRole('link', { name: 'Public submissions' }).click();
  await visitor.getByText('noa · Main').waitFor();
});

test('a score is edited with a reason, which its owner and the list of changes show', async () => {
  const challenge = await makeChallenge();
  const lin = await network.addParticipant('lin', challenge);
  const id = await submitted(lin, challenge);

  const page = await openConsole(challenge);
  await choose(page, id);
  await act(page, 'Edit score');
  const dialog = page.getByRole('dialog', { name: `Edit a score of submission #${id}` });
  await dialog.getByRole('spinbutton', { name: 'Score' }).fill('0.25');
  await dialog.getByLabel('Reason').fill('The labels of case 7 were wrong');
  // The list below goes on; what is being typed stays.
  const later = await submitted(lin, challenge);
  await page.locator(`input[type=checkbox][value="${later}"]`).waitFor();
  expect(await dialog.getByRole('spinbutton', { name: 'Score' }).inputValue()).toBe('0.25');
  await dialog.getByRole('button', { name: 'Save the score' }).click();
  await row(page, id).getByText('Edited').waitFor();
  await row(page, id).getByText('0.250').waitFor();

  await page.getByRole('link', { name: 'Changed by hand' }).click();
  await page.getByRole('cell', { name: 'score: 0.625 → 0.25' }).waitFor();
  await page.getByRole('cell', { name: 'The labels of case 7 were wrong' }).waitFor();

  const owner = await openPage(browser, network.hub.url, { as: lin });
  await owner.goto(`/submissions/${id}`);
  const change = owner.getByRole('region', { name: 'Changed by hand' });
  await change.getByText('score: 0.625 → 0.25').waitFor();
  await change.getByText('The labels of case 7 were wrong').waitFor();
});

test('a submission is forced onto an automatic board with a reason; without one, it is not', async () => {
  const challenge = await makeChallenge();
  const max = await network.addParticipant('max', challenge);
  const [best, other] = [await submitted(max, challenge), await submitted(max, challenge)];

  // The refusal of an empty reason.
  const page = await openConsole(challenge, '', /status of 400/);
  await row(page, best).getByText('On the board').waitFor();
  await choose(page, other);
  await act(page, 'Put on the board');
  await page.getByText('0 submissions put on the board; 1 refused.').waitFor();
  await act(page, 'Force onto the board');
  const confirm = page.getByRole('button', { name: 'Put 1 submission on the board' });
  await confirm.click();
  await page.getByRole('alert').first().waitFor();
  await page.getByRole('dialog').getByLabel('Reason').fill('The jury decided');
  await confirm.click();
  await row(page, other).getByText('On the board').waitFor();
  expect(await row(page, best).getByText('On the board').count()).toBe(0);
  const { rows } = await max.trpc.leaderboards.get.query({ phaseId: challenge.phaseId });
  expect(rows.map(({ submissionId }) => submissionId)).toEqual([other]);
});

test('a whole phase is run again in the background, and its progress is shown', async () => {
  const challenge = await makeChallenge();
  const eva = await network.addParticipant('eva', challenge);
  await submitted(eva, challenge);
  await submitted(eva, challenge);
  const page = await openPage(browser, network.hub.url, { as: network.organizer });
  await page.goto(`/manage/${challenge.id}/submissions/batches`);
  await page.getByRole('button', { name: 'Run all again, Main' }).click();
  await page.getByRole('button', { name: 'Run all again', exact: true }).last().click();
  const batch = page.getByRole('listitem', { name: /^Batch / });
  await batch.getByText('2 submissions entered, 2 of them over').waitFor();
  await batch.getByText('Done', { exact: true }).waitFor();
});

test('one person’s limits are changed, and they are told why and what is left', async () => {
  const challenge = await makeChallenge();
  const kim = await network.addParticipant('kim', challenge);
  await submitted(kim, challenge);
  const page = await openConsole(challenge, '/limits?person=nobody-here');
  await page.getByRole('alert').getByText('Nobody here is called "nobody-here"').waitFor();
  await page.getByRole('textbox', { name: 'Participant' }).fill('kim');
  await page.getByRole('button', { name: 'Show the limits' }).click();
  await page.getByRole('heading', { name: 'kim in Main' }).waitFor();
  await page.getByText('1 used today').waitFor();
  await page.getByLabel('A day').fill('3');
  await page.getByLabel('Reason').fill('One more for the broken scorer');
  await page.getByRole('button', { name: 'Save the limits' }).click();
  await page.getByRole('cell', { name: 'a day: 3' }).waitFor();

  const participant = await openPage(browser, network.hub.url, { as: kim });
  await participant.goto(`/competitions/${challenge.id}/submit`);
  await participant.getByText('2 left').waitFor();
  await participant.getByText('One more for the broken scorer').waitFor();
});
