import { expect, test } from 'vitest';
import { expectExactlyOnce } from '../harness/accounting.ts';
import { resultSubmission, scriptedBundle } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';

test('a submission runs on the node of the default queue and its score stands on the board', async () => {
  await using network = await TestNetwork.start();
  await network.addNode({ site: 'north' });
  const challenge = await network.addChallenge(scriptedBundle('scores={"score":0.75}'));
  const ada = await network.addParticipant('ada', challenge);

  const id = await ada.submit(challenge.phaseId, resultSubmission());
  const submission = await ada.submissionOver(id);

  expect(submission).toMatchObject({ status: 'Finished', onLeaderboard: true, scores: [{ value: '0.750' }] });
  const board = await ada.trpc.leaderboards.get.query({ phaseId: challenge.phaseId });
  expect(board.rows).toMatchObject([{ rank: 1, owner: 'ada', scores: { score: { value: '0.750' } } }]);
  await expectExactlyOnce(network.hub, [id]);
});
