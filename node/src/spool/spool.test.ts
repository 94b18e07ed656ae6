import { create } from '@bufbuild/protobuf';
import { AssignmentSchema, AttemptRefSchema, OutcomeSchema } from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import { createLogger } from '../logging/logger.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { Spool } from './spool.ts';

const logger = createLogger('silent');
const assignment = (runId: bigint, attempt = 1) => create(AssignmentSchema, { runId, attempt });
const outcome = (runId: bigint, attempt = 1) => {
  const ref = create(AttemptRefSchema, { runId, attempt });
  const result = { case: 'scores', value: { values: { accuracy: 0.5 } } } as const;
  return { ...create(OutcomeSchema, { attempt: ref, result }), attempt: ref };
};

test('a spool remembers what is held and what is concluded, and forgets what is settled', async () => {
  await using folder = await temporaryFolder();
  {
    await using spool = await Spool.open(folder.path, logger);
    for (const id of [1n, 2n, 3n, 4n]) spool.hold(assignment(id));
    await spool.conclude(outcome(1n));
    await spool.conclude(outcome(2n));
    spool.settle({ runId: 1n, attempt: 1 });
    spool.settle({ runId: 3n, attempt: 1 });
  }
  await using again = await Spool.open(folder.path, logger);
  expect(again.recovered.held.map(({ runId }) => runId)).toEqual([4n]);
  expect(again.recovered.concluded.map((each) => each.attempt?.runId)).toEqual([2n]);
  expect(again.recovered.concluded[0]?.result).toMatchObject({ value: { values: { accuracy: 0.5 } } });
});

test('attempts of one run are told apart', async () => {
  await using folder = await temporaryFolder();
  {
    await using spool = await Spool.open(folder.path, logger);
    spool.hold(assignment(1n, 1));
    spool.hold(assignment(1n, 2));
    spool.settle({ runId: 1n, attempt: 1 });
  }
  await using again = await Spool.open(folder.path, logger);
  expect(again.recovered.held.map(({ attempt }) => attempt)).toEqual([2]);
});
