import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attemptOutcomes, expectExactlyOnce } from '../harness/accounting.ts';
import { launchBrowser, openPage } from '../harness/browser.ts';
import { codeSubmission, competitionBundle } from '../harness/challenge.ts';
import { Person } from '../harness/person.ts';
import { TestFederation } from '../harness/test-federation.ts';
import { PERMISSIVE } from '../harness/test-node.ts';

/** The person's hub, that of the competition, and that of the site which holds the data. */
let federation: TestFederation;
let browser: Browser;

beforeAll(async () => {
  federation = await TestFederation.start('home', 'host', 'lab');
  for (const name of ['home', 'lab']) await federation.addPortal(name);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await federation?.[Symbol.asyncDispose]();
});

const program = `with open("/app/input_data/value.txt") as value, open("/app/output/prediction.txt", "w") as out:
    out.write(value.read())
`;
const file = (name: string) => ({
  name,
  mimeType: 'application/zip',
  buffer: codeSubmission(`${program}# ${name}\n`),
});

/** The page of a hub's administrator about its peers. */
async function administration(name: string): Promise<Page> {
  const { hub, administrator } = federation.at(name);
  // What is refused on purpose.
  const page = await openPage(browser, hub.url, { as: administrator, expects: /status of 409/ });
  await page.goto('/federation');
  return page;
}

/** A competition of host that is scored at lab alone, and listed at home. */
async function prepare(): Promise<{ competitionId: number; phaseId: number }> {
  await federation.addNode('lab', {
    engine: 'bubblewrap',
    dataset: { input: { 'value.txt': '0.25' }, reference: { 'truth.txt': '1' } },
    policy: PERMISSIVE.replace('hubs: any', 'hubs: [lab, host]').replace(
      'submitters: any\nimages',
      'submitters: ["ada@home@host"]\nimages',
    ),
  });
  const { organizer, administrator } = federation.at('host');
  const siteData = { dataset: 'ward@1', sites: ['site-of-lab@lab'] };
  const bundle = competitionBundle({ title: 'Scored three hubs away', tasks: [{ siteData }] });
  const { competitionId } = await organizer.createCompetition(bundle);
  await organizer.trpc.competitions.publish.mutate({ id: competitionId!, published: true });
  const { phases } = await organizer.trpc.competitions.get.query({ id: competitionId! });

  const lab = await administration('lab');
  const peer = lab.getByRole('region', { name: 'Peer host' });
  await peer.getByText('Competitions of it that may use sites here').click();
  await peer.getByLabel('Number of the competition there').fill(String(competitionId));
  await peer.getByLabel('Data that it may use').selectOption('site-of-lab: ward@1');
  await peer.getByRole('button', { name: 'Let it use this' }).click();
  await peer.getByRole('button', { name: 'Withdraw ward@1 of site-of-lab' }).waitFor();
  const known = (await administrator.trpc.peers.overview.query()).peers;
  const labAtHost = known.find(({ name }) => name === 'lab')!.id;
  await administrator.trpc.peers.decide.mutate({ id: labAtHost, decision: 'check' });
  await federation.minutesUntil(
    'home to list the competition',
    () => federation.at('home').organizer.trpc.catalogue.list.query({ limit: 100 }),
    ({ items }) => items.length === 1,
  );
  return { competitionId: competitionId!, phaseId: phases[0]!.id };
}

test('a person of one hub enters a competition of another, scored at a site of a third, without leaving the portal at home', async () => {
  const { competitionId, phaseId } = await prepare();
  const { hub } = federation.at('home');
  const ada = await Person.register(hub.url, 'ada');
  const page = await openPage(browser, hub.url, { as: ada, expects: /status of 503/ });
  await page.goto('/');
  await page.getByRole('link', { name: 'Scored three hubs away' }).click();
  await page.getByRole('link', { name: 'Join', exact: true }).click();
  await page.getByText('You agree that host is told who you are').waitFor();
  await page.getByRole('checkbox', { name: /I have read the terms/ }).check();
  await page.getByRole('button', { name: 'Agree and join' }).click();
  await page.waitForURL(/\/submit/);

  await page.locator('input[type=file]:enabled').setInputFiles(file('first.zip'));
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  const first = page.getByRole('article', { name: 'Submission first.zip' });
  await first.getByText('Finished', { exact: true }).first().waitFor({ timeout: 90_000 });
  await first.getByText('0.25').first().waitFor();

  // The wires between the hubs break; what is entered meanwhile waits at home, and is entered once.
  federation.cut('home', 'host');
  await page.locator('input[type=file]:enabled').setInputFiles(file('second.zip'));
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  const second = page.getByRole('article', { name: 'Submission second.zip' });
  await second
    .getByText(/Waiting for host/)
    .first()
    .waitFor({ timeout: 60_000 });
  federation.cut('host', 'lab');
  federation.mend('home', 'host');
  await second
    .getByText(/hub lab does not answer/)
    .first()
    .waitFor({ timeout: 120_000 });
  federation.mend('host', 'lab');
  await second.getByText('Finished', { exact: true }).first().waitFor({ timeout: 120_000 });

  await second.getByRole('heading').getByRole('link').click();
  await page.getByText('Verified', { exact: true }).first().waitFor();
  await page.goto(`/peers/host/competitions/${competitionId}/leaderboard`);
  await page.getByRole('rowheader', { name: 'ada@home' }).waitFor();

  const atHost = federation.at('host');
  const rows = await atHost.hub.query<{ id: string }>(
    'select id from submissions where phase_id = $1 order by id',
    [phaseId],
  );
  const ids = rows.map(({ id }) => Number(id));
  expect(ids).toHaveLength(2);
  // On a busy machine a lease may lapse meanwhile; what is lost is run again, and finishes once.
  for (const id of ids) expect((await attemptOutcomes(atHost.hub, id)).at(-1)).toBe('finished');
  await expectExactlyOnce(atHost.hub, ids);
});

test('administrators of two hubs end what was between them, and become peers again by an invitation', async () => {
  const [home, lab] = [await administration('home'), await administration('lab')];
  const labAtHome = home.getByRole('region', { name: 'Peer lab' });
  await labAtHome.getByRole('button', { name: 'End', exact: true }).click();
  await home.getByRole('dialog').getByRole('button', { name: 'End lab' }).click();
  await labAtHome.getByText('Ended', { exact: true }).waitFor();

  await home.getByRole('button', { name: 'Invite a hub' }).click();
  await home.getByLabel('Whom it is for').fill('the lab');
  await home.getByRole('dialog').getByLabel('Have its people take part').check();
  await home.getByRole('button', { name: 'Make an invitation' }).click();
  const code = await home.getByRole('dialog').getByText('weirpeer1.').innerText();

  await lab.getByRole('button', { name: 'Accept an invitation' }).click();
  await lab.getByLabel('Code of the invitation').fill(code.slice(0, -9));
  await lab.getByRole('button', { name: 'Show whom it leads to' }).click();
  await lab.getByText('has to be copied whole').waitFor();
  await lab.getByLabel('Code of the invitation').fill(code);
  await lab.getByRole('button', { name: 'Show whom it leads to' }).click();
  await lab.getByText(/leads to home/).waitFor();
  await lab.getByRole('button', { name: /^Accept;/ }).click();
  const homeAtLab = lab.getByRole('region', { name: 'Peer home' });
  await homeAtLab.getByText('Waits for its administrator').waitFor();

  await home.goto('/federation');
  await labAtHome.getByText('Asks to be confirmed').waitFor();
  await labAtHome.getByRole('button', { name: 'Confirm this peer' }).click();
  await labAtHome.getByText('Active', { exact: true }).waitFor();
  await homeAtLab.getByRole('button', { name: 'Ask it now' }).click();
  await homeAtLab.getByText('Active', { exact: true }).waitFor();
  await lab
    .getByText('This hub may, at home: read the catalogue of competitions; have its people take part')
    .first()
    .waitFor();
});
