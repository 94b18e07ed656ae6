import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { FailureCode, RefusalCode, RunState } from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import type { LedgerEvent } from '../ledger/events.ts';
import { waitFor } from '../testing/wait.ts';
import { SITE_RULES, TestSite } from './testing/test-site.ts';

const GRACE = { name: 'grace', organization: 'north hospital' };
const AT_WORK = 'scripted:scores={"auc":0.5},prediction.sleep=60000';

const endOf = (events: readonly LedgerEvent[]) =>
  events.filter(({ kind }) => kind === 'release' || kind === 'end');

async function begun(site: TestSite): Promise<void> {
  await site.start();
  await waitFor('the prediction step', () => site.states().includes(RunState.PREDICTING));
}

function cancel(site: TestSite): void {
  site.hub.send({ message: { case: 'cancel', value: { attempt: { runId: 1n, attempt: 1 } } } });
}

test('a run on data of the site that is cancelled leaves at the end of its bucket, and is charged as a code', async () => {
  await using site = await TestSite.open({ ...SITE_RULES, timing: { bucket: '1s' } });
  site.hub.enqueue(await site.assignment(AT_WORK));
  await begun(site);
  cancel(site);
  const outcome = await site.outcome();
  expect(outcome.result.case).toBe('cancelled');
  expect(timestampMs(outcome.finishedAt!) % 1000).toBe(0);
  expect(Date.now()).toBeGreaterThanOrEqual(timestampMs(outcome.finishedAt!));
  await site.stop();
  const ended = endOf(await site.ledger());
  expect(ended).toMatchObject([
    { kind: 'release', what: 'code', dataset: 'sepsis@1' },
    { kind: 'end', how: 'cancelled' },
  ]);
  expect(ended[0]).toHaveProperty('bits', expect.closeTo(13.5, 0));
});

test('a run without data of the site ends in the ledger when it is cancelled, and costs nothing', async () => {
  await using site = await TestSite.open();
  const { siteData: _, ...plain } = await site.assignment(AT_WORK);
  site.hub.enqueue(plain);
  await begun(site);
  cancel(site);
  expect((await site.outcome()).result.case).toBe('cancelled');
  await site.stop();
  expect(endOf(await site.ledger())).toMatchObject([{ kind: 'end', how: 'cancelled' }]);
});

test('a run that is interrupted, or lost, is charged as a code', async () => {
  await using site = await TestSite.open();
  site.hub.enqueue(await site.assignment(AT_WORK));
  await begun(site);
  site.hub.lost = [{ $typeName: 'weir.node.v1.AttemptRef', runId: 1n, attempt: 1 }];
  site.hub.cut();
  await waitFor('the run to be given up', () => site.hub.hellos.length === 2 && site.hub.credits === 4);
  site.hub.enqueue(await site.assignment(AT_WORK, { runId: 2n }));
  await waitFor('the prediction step', () => site.states(2n).includes(RunState.PREDICTING));
  await site.node.drain(AbortSignal.abort());
  expect((await site.outcome(2n)).result).toMatchObject({ value: { code: FailureCode.NODE_INTERRUPTED } });
  await site.stop();
  for (const [runId, how] of [
    [1n, 'lost'],
    [2n, 'interrupted'],
  ] as const) {
    expect(endOf(await site.ledger(runId))).toMatchObject([{ what: 'code' }, { kind: 'end', how }]);
  }
  expect(site.hub.outcomes).toHaveLength(1);
});

test('a release that cannot be kept is charged as a code all the same', async () => {
  await using site = await TestSite.open();
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.5},scoring.sleep=300'));
  await begun(site);
  // Where the draft would be written.
  await mkdir(join(site.home, 'runs', '1-1', 'draft.json', 'in the way'), { recursive: true });
  expect((await site.outcome()).result).toMatchObject({ value: { code: FailureCode.NODE_INTERNAL } });
  await site.stop();
  expect(endOf(await site.ledger())).toMatchObject([{ what: 'code' }, { kind: 'end', how: 'failed' }]);
});

test('what the policy forbids while people look at it does not leave when they let it', async () => {
  await using site = await TestSite.open({ ...SITE_RULES, review: { scores: 'always', logs: 'never' } });
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.5}'));
  await site.start();
  await waitFor('the question', () => site.people.open().length === 1);
  await site.permit({ datasets: {} });
  const [question] = site.people.open();
  const seen = site.people.find(question!.id, GRACE)!.digest;
  await site.people.answer(question!.id, GRACE, { kind: 'approve', seen, reason: 'as agreed' });
  expect((await site.outcome()).result).toMatchObject({
    case: 'refusal',
    value: { code: RefusalCode.DATASET },
  });
  await site.stop();
  expect(endOf(await site.ledger())).toMatchObject([{ what: 'code', reviewers: ['grace'] }]);
});

test('scores leave, charged once, when the logs beside them cannot be sent', async () => {
  await using site = await TestSite.open({ ...SITE_RULES, logs: 'codes' });
  site.hub.enqueue(await site.assignment('scripted:scores={"auc":0.5},scoring.sleep=300'));
  await begun(site);
  await mkdir(join(site.home, 'runs', '1-1', 'logs'));
  expect((await site.outcome()).result.case).toBe('scores');
  await site.stop();
  expect(endOf(await site.ledger())).toMatchObject([{ what: 'scores' }, { what: 'logs' }]);
});
