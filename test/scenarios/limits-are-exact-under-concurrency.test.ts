import { expect, test } from 'vitest';
import { expectExactlyOnce } from '../harness/accounting.ts';
import { resultSubmission, scriptedBundle } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';

const AT_ONCE = 30;
const ALLOWED = 7;

test('of thirty submissions at the same moment exactly as many enter as the phase allows', async () => {
  await using network = await TestNetwork.start();
  await network.addNode({ site: 'north' });
  const bundle = scriptedBundle('', { maxSubmissions: 100, maxSubmissionsPerDay: ALLOWED });
  const challenge = await network.addChallenge(bundle);
  const ada = await network.addParticipant('ada', challenge);
  const keys: string[] = [];
  for (let index = 0; index < AT_ONCE; index++)
    keys.push(await ada.rest.upload('submission', resultSubmission(index)));

  const answers = await Promise.all(
    keys.map((data) => ada.rest.post('/api/submissions/', { phase: challenge.phaseId, data })),
  );

  const entered = answers.filter(({ status }) => status === 201);
  expect(entered).toHaveLength(ALLOWED);
  for (const { status, body } of answers.filter((answer) => !entered.includes(answer)))
    expect([status, body]).toMatchObject([403, { code: 'limit_per_day' }]);
  const ids = entered.map(({ body }) => (body as { id: number }).id);
  for (const id of ids) expect((await ada.submissionOver(id)).status).toBe('Finished');
  expect(await ada.trpc.submissions.allowance.query({ phaseId: challenge.phaseId })).toMatchObject({
    can: false,
    usedToday: ALLOWED,
    usedInAll: ALLOWED,
  });
  await expectExactlyOnce(network.hub, ids);
});
