import { expect, test } from 'vitest';
import { seededRandom } from '../fixtures/archives/mutate.ts';
import { expectExactlyOnce } from '../harness/accounting.ts';
import { codeSubmission, scriptedBundle, zip } from '../harness/challenge.ts';
import { TestNetwork } from '../harness/test-network.ts';

const SEED = 20_261_121;
const ROUNDS = 10;
const SUBMISSIONS_PER_ROUND = 4;

test('whatever is killed, whenever: every submission ends once, with its score', {
  timeout: 300_000,
}, async () => {
  await using network = await TestNetwork.start({ database: 'embedded' });
  const { hub } = network;
  const nodes = [
    await network.addNode({ site: 'north', slots: 3 }),
    await network.addNode({ site: 'south', slots: 3 }),
    await network.addNode({
      site: 'ward',
      dataset: { input: { 'value.txt': '1' }, reference: { 'truth.txt': '1' } },
    }),
  ];
  const script = 'prediction.sleep=150,scoring.sleep=150,scores={"score":0.5}';
  const open = await network.addChallenge(scriptedBundle(script, { submissionRule: 'Add' }));
  const several = await network.addChallenge(
    scriptedBundle(script, { title: 'Several', tasks: [{}, { siteData: 'ward@1' }], submissionRule: 'Add' }),
  );
  const ada = await network.addParticipant('ada', open, several);
  const random = seededRandom(SEED);
  const ids: number[] = [];

  for (let round = 0; round < ROUNDS; round++) {
    for (let index = 0; index < SUBMISSIONS_PER_ROUND; index++) {
      const { phaseId } = random() < 0.7 ? open : several;
      ids.push(await ada.submit(phaseId, random() < 0.7 ? codeSubmission() : zip({ 'prediction.txt': '1' })));
    }
    const victim = [hub, ...nodes][Math.floor(random() * (nodes.length + 1))]!;
    await victim.process.kill();
    if (victim === hub) await hub.restart();
    else await nodes.find((node) => node === victim)!.run();
  }

  for (const id of ids) {
    const submission = await ada.submissionOver(id, { within: 60_000 });
    const leaves = submission.children.length > 0 ? submission.children : [submission];
    expect(submission.status).toBe('Finished');
    expect(leaves.map(({ scores }) => scores.map(({ raw }) => raw))).toEqual(leaves.map(() => [0.5]));
  }
  await expectExactlyOnce(hub, ids);
});
