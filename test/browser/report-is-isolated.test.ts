import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage } from '../harness/browser.ts';
import { competitionBundle, resultSubmission } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';

let network: TestNetwork;
let browser: Browser;

beforeAll(async () => {
  network = await TestNetwork.start({ portal: true });
  await network.addNode({ site: 'north', engine: 'bubblewrap' });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await network[Symbol.asyncDispose]();
});

const SCORE_WITH_A_HOSTILE_REPORT = `
with open("/app/output/scores.json", "w") as out:
    out.write('{"score": 0.5}')
with open("/app/output/detailed_results.html", "w") as out:
    out.write("""<h1>A report</h1>
<script>
try { parent.document.title = 'owned' } catch {}
fetch('/trpc/accounts.me').then((answer) => { document.title = 'fetched ' + answer.status })
</script>""")
`;

test("a report is shown, and reaches neither the portal's page nor the person's session", async () => {
  const scoringProgram = { metadata: 'command: python3 score.py\n', 'score.py': SCORE_WITH_A_HOSTILE_REPORT };
  const challenge = await network.addChallenge(competitionBundle({ scoringProgram }));
  const ada = await network.addParticipant('ada', challenge);
  const id = await ada.submit(challenge.phaseId, resultSubmission());
  expect(await ada.submissionOver(id)).toMatchObject({ status: 'Finished' });

  // The browser says in the console what it blocked.
  const expects = /sandbox|Content Security Policy|CORS|ERR_FAILED|Failed to (load resource|fetch)/i;
  const page = await openPage(browser, network.hub.url, { as: ada, expects });
  await page.goto(`/submissions/${id}`);
  const report = page.frameLocator('iframe');
  await report.getByRole('heading', { name: 'A report' }).waitFor();
  expect(await page.title()).not.toContain('owned');

  const { detailedResultUrl } = (await ada.trpc.leaderboards.get.query({ phaseId: challenge.phaseId }))
    .rows[0]!;
  const alone = await openPage(browser, network.hub.url, { as: ada, expects });
  await alone.goto(detailedResultUrl!);
  await alone.getByRole('heading', { name: 'A report' }).waitFor();
  expect(await alone.title()).not.toContain('200');
  expect(await alone.evaluate('origin')).toBe('null');
});
