import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage } from '../harness/browser.ts';
import { codeSubmission, scriptedBundle, zip } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';

let network: TestNetwork;
let browser: Browser;

beforeAll(async () => {
  network = await TestNetwork.start({ portal: true });
  await network.addNode({ site: 'cloud' });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await network[Symbol.asyncDispose]();
});

const SCORING = zip({ metadata: 'command: scores={"score":0.25}\n' });

/** The page takes a file only once its script is at work. */
async function choose(page: Page, name: string, buffer: Buffer): Promise<void> {
  const input = page.locator('input[type=file]:enabled');
  await input.waitFor({ state: 'attached' });
  await input.setInputFiles({ name, mimeType: 'application/zip', buffer });
}

test('an organizer uploads a task, puts its program into the task of a phase, and is offered to score again', async () => {
  const challenge = await network.addChallenge(scriptedBundle('scores={"score":0.625}'));
  const ada = await network.addParticipant('ada', challenge);
  await ada.submissionOver(await ada.submit(challenge.phaseId, codeSubmission()));
  const board = await openPage(browser, network.hub.url, { as: ada });
  await board.goto(`/competitions/${challenge.id}/leaderboard`);
  await board.getByText('0.625').waitFor();

  const page = await openPage(browser, network.hub.url, { as: network.administrator, expects: /409/ });
  await page.goto('/tasks');
  await page.getByRole('link', { name: 'Upload a task' }).click();
  await choose(page, 'broken.zip', zip({ 'task.yaml': 'scoring_program: {zip: gone.zip}\n' }));
  await page.getByRole('button', { name: 'Make the task' }).click();
  await page.getByText('The task was not made').waitFor();
  await page.getByText('"name" is missing.').waitFor();
  await page.getByText(/gone\.zip/).waitFor();
  const yaml = 'name: A second look\nscoring_program: {zip: scoring.zip, name: Stricter scoring}\n';
  await choose(page, 'task.zip', zip({ 'task.yaml': yaml, 'scoring.zip': SCORING }));
  await page.getByRole('button', { name: 'Check only' }).click();
  await page.getByText('The archive is in order').waitFor();
  await page.getByRole('button', { name: 'Make the task' }).click();
  await page.getByText('The task is made').waitFor();
  await page.getByRole('link', { name: 'Look at the task' }).click();
  await page.getByRole('heading', { name: 'A second look' }).waitFor();

  await page.goto('/resources?search=Stricter');
  await page.getByRole('link', { name: 'Stricter scoring' }).waitFor();
  await page.getByRole('link', { name: 'Task “A second look”' }).waitFor();
  await page.getByRole('button', { name: 'Edit Stricter scoring' }).click();
  await page.getByRole('button', { name: 'Delete it' }).click();
  await page.getByRole('button', { name: 'Delete the resource' }).click();
  await page.getByText(/is in use by the task "A second look"/).waitFor();

  const { phases } = await network.administrator.trpc.competitions.get.query({ id: challenge.id });
  await page.goto(`/tasks/${phases[0]!.tasks[0]!.id}`);
  await page.getByText('Version 1').first().waitFor();
  await page.getByRole('button', { name: 'Edit the task' }).click();
  await page.getByLabel('Scoring program', { exact: true }).selectOption({ label: 'Stricter scoring' });
  await page.getByLabel('What changes, and why').fill('Half marks for half answers');
  await page.getByRole('button', { name: 'Make version 2' }).click();
  await page.getByText('Half marks for half answers').waitFor();
  await page.getByText(/1 submission has its latest score from an earlier version/).waitFor();

  // The board follows without being loaded again.
  await board.getByText('0.625').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Score them again' }).click();
  await page.getByText(/is entered again and run on version 2/).waitFor();
  await board.getByText('0.625').waitFor();
  expect(await board.getByText('earlier version').count()).toBe(0);
});

test('an organizer gives a phase another end and another task', async () => {
  const challenge = await network.addChallenge(scriptedBundle('scores={"score":0.5}'));
  const { trpc } = network.administrator;
  const { phases } = await trpc.competitions.get.query({ id: challenge.id });
  const key = phases[0]!.tasks[0]!.key;
  const page = await openPage(browser, network.hub.url, { as: network.administrator, expects: /400/ });
  await page.goto('/tasks/new');
  const yaml = 'name: Added later\nscoring_program: {zip: scoring.zip}\n';
  await choose(page, 'task.zip', zip({ 'task.yaml': yaml, 'scoring.zip': SCORING }));
  await page.getByRole('button', { name: 'Make the task' }).click();
  await page.getByText('The task is made').waitFor();

  await page.goto(`/manage/${challenge.id}/phases`);
  await page.getByRole('button', { name: 'Edit Main' }).click();
  await page.getByLabel('Ends, in UTC').fill('2019-01-01T00:00:00');
  await page.getByRole('button', { name: 'Save the phase' }).click();
  await page.getByText('A phase ends after it has begun.').first().waitFor();
  await page.getByLabel('Ends, in UTC').fill('2031-12-31T23:59:59');
  await page.getByLabel('Tasks', { exact: true }).selectOption({ label: 'Added later' });
  await page.getByRole('button', { name: 'Move Added later up' }).click();
  await page.getByLabel('Submissions a day').fill('7');
  await page.getByRole('button', { name: 'Save the phase' }).click();
  await page.getByText('7 a day').waitFor();
  const [phase] = (await trpc.competitions.get.query({ id: challenge.id })).phases;
  expect(phase).toMatchObject({ endsAt: '2031-12-31T23:59:59.000Z', maxSubmissionsPerDay: 7 });
  expect(phase!.tasks.map(({ name }) => name)).toEqual(['Added later', phases[0]!.tasks[0]!.name]);
  expect(phase!.tasks[1]!.key).toBe(key);
});

test('an organizer adds a phase, and another start moves it among the others', async () => {
  const challenge = await network.addChallenge(scriptedBundle('scores={"score":0.5}'));
  const { trpc } = network.administrator;
  const names = async () =>
    (await trpc.competitions.get.query({ id: challenge.id })).phases.map(({ name }) => name);
  const page = await openPage(browser, network.hub.url, { as: network.administrator, expects: /400/ });
  await page.goto(`/manage/${challenge.id}/phases`);
  await page.getByRole('button', { name: 'Edit Main' }).click();
  await page.getByLabel('Ends, in UTC').fill('2031-12-31T23:59:59');
  await page.getByRole('button', { name: 'Save the phase' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Add a phase' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Final');
  await page.getByLabel('Starts, in UTC').fill('2031-06-01T00:00:00');
  await page.getByRole('button', { name: 'Add the phase' }).click();
  await page.getByRole('dialog').getByRole('alert').first().waitFor();
  expect(await names()).toEqual(['Main']);
  await page.getByLabel('Starts, in UTC').fill('2032-01-01T00:00:00');
  await page.getByRole('button', { name: 'Add the phase' }).click();
  await page.getByRole('heading', { name: 'Final' }).waitFor();
  expect(await names()).toEqual(['Main', 'Final']);

  await page.getByRole('button', { name: 'Edit Final' }).click();
  await page.getByLabel('Starts, in UTC').fill('2001-01-01T00:00:00');
  await page.getByLabel('Ends, in UTC').fill('2001-12-31T00:00:00');
  await page.getByRole('button', { name: 'Save the phase' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await names()).toEqual(['Final', 'Main']);
});

test('an organizer gives a board another column, once its key is its own', async () => {
  const challenge = await network.addChallenge(scriptedBundle('scores={"score":0.5}'));
  const page = await openPage(browser, network.hub.url, { as: network.administrator, expects: /400/ });
  await page.goto(`/manage/${challenge.id}/leaderboards`);
  await page.getByRole('button', { name: /^Edit / }).click();
  await page.getByRole('button', { name: 'Add a column' }).click();
  const column = page.getByRole('group', { name: /^column 2$|^Seconds$/ });
  await column.getByLabel('Title').fill('Seconds');
  await column.getByLabel('Key').fill('score');
  await column.getByLabel('Better is').selectOption('smaller');
  await page.getByRole('button', { name: 'Save the leaderboard' }).click();
  await page.getByText('The leaderboard was not saved').waitFor();
  await column.getByLabel('Key').fill('seconds');
  await page.getByRole('button', { name: 'Save the leaderboard' }).click();
  await page.getByText('The leaderboard is saved.').waitFor();
  await page.reload();
  await page.getByText('Seconds', { exact: true }).waitFor();
});
