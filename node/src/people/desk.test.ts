import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../logging/logger.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { PeopleDesk } from './desk.ts';
import type { AnswerProblem } from './errors.ts';
import type { Answer, AskedQuestion, Person } from './question.ts';
import {
  ADA,
  ASKED_AT,
  type AskOptions,
  BEN,
  CLEO,
  EVE,
  questionIn,
  REFUSE_AFTER_MS,
  REMIND_AFTER_MS,
} from './testing/ask.ts';
import { MemoryLedger } from './testing/memory-ledger.ts';

const logger = createLogger('silent');
const TWO = { reviewersNeeded: 2 } as const;
const TWO_BLIND = { reviewersNeeded: 2, blind: true } as const;

let now: number;
let ledger: MemoryLedger;
let folder: string;
let desk: PeopleDesk;

const openDesk = () => PeopleDesk.open(join(folder, 'people'), { ledger, now: () => now, logger });

async function reopen(): Promise<void> {
  await desk[Symbol.asyncDispose]();
  desk = await openDesk();
}

beforeEach(async () => {
  now = ASKED_AT;
  ledger = new MemoryLedger(() => now);
  const temporary = await temporaryFolder();
  folder = temporary.path;
  desk = await openDesk();
  onTestFinished(async () => {
    await desk[Symbol.asyncDispose]();
    await temporary[Symbol.asyncDispose]();
  });
});

/** Asks, and resolves once people can see the question. The answer, when it comes, is in `given`. */
async function ask(options: AskOptions = {}) {
  const question = await questionIn(folder, options);
  return await askAgain(question);
}

async function askAgain(question: AskedQuestion) {
  const stop = new AbortController();
  const given: { answer?: Answer; error?: unknown } = {};
  const over = desk.ask(question, stop.signal).then(
    (answer) => {
      given.answer = answer;
    },
    (error: unknown) => {
      given.error = error;
    },
  );
  await expect.poll(() => desk.find(question.id, BEN)).not.toBeNull();
  await desk.sweep();
  return { question, given, over, stop };
}

const view = (person: Person = BEN, id = 'review-1') => desk.find(id, person)!;
const seen = () => view().digest;
const approve = (person: Person) =>
  desk.answer('review-1', person, { kind: 'approve', seen: seen(), reason: '' });
const refuse = (person: Person, reason = 'it names a patient') =>
  desk.answer('review-1', person, { kind: 'refuse', seen: seen(), reason });
const redact = (person: Person, text: string, piece = 0) =>
  desk.answer('review-1', person, {
    kind: 'redact',
    seen: seen(),
    of: view().material[piece]!.digest,
    material: Buffer.from(text),
    reason: 'a name',
  });
const isRefusedAs = (code: AnswerProblem) => expect.objectContaining({ code });

test('one reviewer approves, and the run hears it once the ledger has it', async () => {
  const { given, over } = await ask();
  expect(view()).toMatchObject({ state: 'open', mayVote: true });
  await approve(BEN);
  await over;
  expect(given.answer).toMatchObject({ verdict: 'approved', by: ['ben'] });
  expect(ledger.taken).toMatchObject([
    { event: { kind: 'review', run: '17', person: 'ben', verdict: 'approve', digest: view().digest } },
  ]);
});

test('one reviewer refuses with a reason; without one nothing is refused', async () => {
  const { given, over } = await ask();
  await expect(refuse(BEN, '  ')).rejects.toEqual(isRefusedAs('reason_missing'));
  expect(view().state).toBe('open');
  await refuse(BEN);
  await over;
  expect(given.answer).toMatchObject({ verdict: 'refused', by: ['ben'], reason: 'it names a patient' });
});

test('an answer is final', async () => {
  await ask();
  await approve(BEN);
  await expect(refuse(ADA)).rejects.toEqual(isRefusedAs('closed'));
  expect(view().state).toBe('approved');
});

test('two reviewers are two people', async () => {
  const { given, over } = await ask({ settings: TWO });
  await approve(BEN);
  await approve(BEN);
  expect(view().state).toBe('partly_answered');
  await approve(ADA);
  await over;
  expect(given.answer).toMatchObject({ verdict: 'approved', by: ['ben', 'ada'] });
  expect(ledger.verdicts).toEqual(['ben: approve', 'ben: approve', 'ada: approve']);
});

test('two who disagree hold the release until one of them changes the vote; a third does not tip the scale', async () => {
  const { given, over } = await ask({ settings: TWO });
  await approve(BEN);
  await refuse(ADA);
  expect(view().state).toBe('disagreed');
  expect(given.answer).toBeUndefined();
  await expect(approve(CLEO)).rejects.toEqual(isRefusedAs('two_have_voted'));
  await approve(ADA);
  await over;
  expect(given.answer?.verdict).toBe('approved');
});

test('two who both refuse refuse', async () => {
  const { given, over } = await ask({ settings: TWO });
  await refuse(BEN, 'a name');
  await refuse(ADA, 'a date');
  await over;
  expect(given.answer).toMatchObject({ verdict: 'refused', reason: 'a name; a date' });
});

test('blind reviewers see no vote but their own before both have voted', async () => {
  await ask({ settings: TWO_BLIND });
  await refuse(BEN);
  expect(view(BEN).votes).toHaveLength(1);
  expect(view(ADA)).toMatchObject({ votes: [], hiddenVotes: 1, mayVote: true });
  await approve(ADA);
  expect(view(ADA)).toMatchObject({ state: 'disagreed', hiddenVotes: 0 });
  expect(view(BEN).votes.map(({ person, kind }) => `${person} ${kind}`)).toEqual([
    'ben refuse',
    'ada approve',
  ]);
});

test("people of the submitter's organization neither look nor vote, however it is written", async () => {
  await ask();
  expect(view(EVE)).toMatchObject({ mayLook: false, mayVote: false });
  await expect(desk.material('review-1', 0, EVE)).rejects.toEqual(isRefusedAs('unknown_question'));
  await expect(approve(EVE)).rejects.toEqual(isRefusedAs('own_organization'));
  await expect(redact(EVE, 'ok')).rejects.toEqual(isRefusedAs('own_organization'));
});

test('what leaves after a redaction is the copy, byte for byte, and its digest is in the ledger', async () => {
  const { given, over, question } = await ask();
  await redact(BEN, 'patient --: ok\ndone\n');
  expect(view()).toMatchObject({ state: 'open', votes: [] });
  await approve(BEN);
  await over;
  const copy = given.answer?.redacted.get(question.material[0]!.digest);
  expect(Buffer.from(copy!).toString()).toBe('patient --: ok\ndone\n');
  const { current } = view().material[0]!;
  expect(ledger.taken).toMatchObject([
    { event: { verdict: 'redact', digest: current } },
    { event: { verdict: 'approve', digest: current } },
  ]);
  expect(view().material[0]!.current).not.toBe(question.material[0]!.digest);
});

test('a redaction clears the votes: everybody has to see the copy', async () => {
  const { given, over } = await ask({ settings: TWO });
  const before = seen();
  await approve(BEN);
  await redact(ADA, 'done\n');
  expect(view()).toMatchObject({ state: 'open', votes: [] });
  expect(Buffer.from(await desk.material('review-1', 0, BEN)).toString()).toBe('done\n');
  const stale = desk.answer('review-1', BEN, { kind: 'approve', seen: before, reason: '' });
  await expect(stale).rejects.toEqual(isRefusedAs('material_changed'));
  await approve(ADA);
  await approve(BEN);
  await over;
  expect(given.answer).toMatchObject({ verdict: 'approved', by: ['ada', 'ben'] });
});

test('scores cannot be redacted, and a redaction never grows', async () => {
  await ask({
    material: [
      { kind: 'scores', mediaType: 'application/json', content: '{"auc":0.9}' },
      { kind: 'logs', mediaType: 'text/plain', content: 'ok' },
    ],
  });
  await expect(redact(BEN, '{}', 0)).rejects.toEqual(isRefusedAs('not_redactable'));
  await expect(redact(BEN, 'longer', 1)).rejects.toEqual(isRefusedAs('redaction_grows'));
  expect(await readdir(join(folder, 'people', 'review-1'))).toHaveLength(3);
});

test('two pieces of the same bytes are redacted together', async () => {
  const log = { kind: 'logs', mediaType: 'text/plain', content: 'patient 17' } as const;
  const { given, over } = await ask({ material: [log, log] });
  await redact(BEN, 'patient', 1);
  expect(view().material.map(({ currentBytes }) => currentBytes)).toEqual([7, 7]);
  await approve(BEN);
  await over;
  expect(given.answer?.redacted.size).toBe(1);
});

test('a vote about material that is no longer there does not count', async () => {
  const { question } = await ask();
  const before = seen();
  await writeFile(question.material[0]!.path, 'other');
  await askAgain(
    await questionIn(folder, { material: [{ kind: 'logs', mediaType: 'text/plain', content: 'other' }] }),
  );
  const stale = desk.answer('review-1', BEN, { kind: 'approve', seen: before, reason: '' });
  await expect(stale).rejects.toEqual(isRefusedAs('material_changed'));
});

test('time reminds, then refuses', async () => {
  const { given, over } = await ask();
  now += REMIND_AFTER_MS;
  await desk.sweep();
  expect(view()).toMatchObject({ state: 'open', isOverdue: true });
  now = ASKED_AT + REFUSE_AFTER_MS;
  await desk.sweep();
  await over;
  expect(given.answer).toMatchObject({ verdict: 'expired', by: [] });
  expect(ledger.verdicts).toEqual(['timer: expire']);
  await expect(approve(BEN)).rejects.toEqual(isRefusedAs('closed'));
});

test('time that runs out over one vote of two expires; over a disagreement it refuses', async () => {
  const one = await ask({ settings: TWO });
  await approve(BEN);
  now += REFUSE_AFTER_MS;
  await desk.sweep();
  await one.over;
  expect(one.given.answer).toMatchObject({ verdict: 'expired', by: [] });

  const settings = { ...TWO, refuseAt: new Date(now + 1000).toISOString() };
  const other = await ask({ id: 'review-2', settings });
  const vote = (person: Person, kind: 'approve' | 'refuse') =>
    desk.answer('review-2', person, { kind, seen: view(BEN, 'review-2').digest, reason: 'because' });
  await vote(BEN, 'approve');
  await vote(ADA, 'refuse');
  now += 1000;
  await desk.sweep();
  await other.over;
  expect(other.given.answer?.verdict).toBe('refused');
});

test('a run that is stopped takes its question back; asked again the votes are still there', async () => {
  const { given, over, stop, question } = await ask({ settings: TWO });
  await approve(BEN);
  stop.abort('lost');
  await over;
  expect(given.error).toBe('lost');
  expect(view().state).toBe('withdrawn');
  await expect(approve(ADA)).rejects.toEqual(isRefusedAs('closed'));
  await askAgain({ ...question, attempt: 2 });
  expect(view()).toMatchObject({ state: 'partly_answered', attempt: 2 });
});

test('the next life goes on waiting with the votes that there are, and answers', async () => {
  const first = await ask({ settings: TWO });
  await approve(BEN);
  await reopen();
  expect(view()).toMatchObject({ state: 'partly_answered', votes: [{ person: 'ben' }] });
  const { given, over } = await askAgain(first.question);
  await approve(ADA);
  await over;
  expect(given.answer?.verdict).toBe('approved');
  expect(ledger.verdicts).toEqual(['ben: approve', 'ada: approve']);
});

test('what was decided while no run waited is answered at once', async () => {
  const { question } = await ask();
  await reopen();
  await redact(BEN, 'done\n');
  await approve(BEN);
  await reopen();
  const { given, over } = await askAgain(question);
  await over;
  expect(given.answer?.verdict).toBe('approved');
  expect([...given.answer!.redacted.values()].map((bytes) => Buffer.from(bytes).toString())).toEqual([
    'done\n',
  ]);
});

test('other material than was approved is asked about anew', async () => {
  await ask();
  await approve(BEN);
  const content = 'patient 18: ok\n';
  const { given } = await ask({ material: [{ kind: 'logs', mediaType: 'text/plain', content }] });
  expect(view()).toMatchObject({ state: 'open', votes: [] });
  expect(given.answer).toBeUndefined();
  expect(ledger.verdicts).toEqual(['ben: approve', 'node: clear']);
});

test('rules that became stricter reopen what one person had approved', async () => {
  const { question } = await ask();
  await approve(BEN);
  await askAgain({ ...question, ...TWO });
  expect(view()).toMatchObject({ state: 'partly_answered' });
});

test('a verdict does not count while the ledger cannot take it, and is taken later', async () => {
  const { given, over } = await ask();
  ledger.failNext = 1;
  await expect(approve(BEN)).rejects.toThrow('the disk is full');
  expect(given.answer).toBeUndefined();
  await desk.sweep();
  await over;
  expect(given.answer?.verdict).toBe('approved');
  expect(ledger.verdicts).toEqual(['ben: approve']);
});

test('bytes that are not what they are said to be are not asked about', async () => {
  const question = await questionIn(folder);
  await writeFile(question.material[0]!.path, 'swapped');
  await expect(desk.ask(question, new AbortController().signal)).rejects.toThrow('does not have the digest');
});

test('bytes that were changed on disk are not shown', async () => {
  const { question } = await ask();
  const file = question.material[0]!.digest.replace('sha256:', '');
  await writeFile(join(folder, 'people', 'review-1', file), 'swapped');
  await expect(desk.material('review-1', 0, BEN)).rejects.toThrow('not the bytes that were kept');
});

test('what a crash left half made is nothing', async () => {
  await mkdir(join(folder, 'people', 'half'));
  await writeFile(join(folder, 'people', 'half', '.question.json.tmp'), '{');
  await reopen();
  expect(desk.list(BEN)).toEqual([]);
  expect(await readdir(join(folder, 'people'))).toEqual([]);
});

test('a question that several runs ask is withdrawn when the last of them is over', async () => {
  const first = await ask({ settings: { kind: 'approval' } });
  const second = await askAgain({ ...first.question, run: '18' });
  first.stop.abort('cancelled');
  await first.over;
  expect(first.given.error).toBe('cancelled');
  expect(view().state).toBe('open');
  await approve(BEN);
  await second.over;
  expect(second.given.answer?.verdict).toBe('approved');
  const third = await ask({ id: 'other' });
  third.stop.abort('cancelled');
  await third.over;
  expect(view(BEN, 'other').state).toBe('withdrawn');
});

test('an answer about other material is none to what was asked before', async () => {
  const first = await ask();
  const second = await ask({
    material: [{ kind: 'logs', mediaType: 'text/plain', content: 'something else\n' }],
  });
  await first.over;
  expect(first.given.error).toMatchObject({ code: 'question_superseded' });
  await approve(BEN);
  await second.over;
  expect(second.given.answer?.verdict).toBe('approved');
});

test('an approval that nobody gave in time is asked for again by the next run; a refusal of a release stands', async () => {
  const first = await ask({ settings: { kind: 'approval' } });
  now += REFUSE_AFTER_MS;
  await desk.sweep();
  await first.over;
  expect(first.given.answer?.verdict).toBe('expired');
  const refuseAt = new Date(now + REFUSE_AFTER_MS).toISOString();
  const next = await askAgain({ ...first.question, run: '18', refuseAt });
  expect(view()).toMatchObject({ state: 'open', refuseAt });
  await approve(BEN);
  await next.over;
  expect(next.given.answer?.verdict).toBe('approved');
});

test('an approval is kept for as long as runs ask for it', async () => {
  const { question, over } = await ask({ settings: { kind: 'approval' } });
  await approve(BEN);
  await over;
  for (let month = 0; month < 3; month += 1) {
    now += 25 * 86_400_000;
    await desk.sweep();
    const again = await askAgain(question);
    await again.over;
    expect(again.given.answer?.verdict).toBe('approved');
  }
  now += 31 * 86_400_000;
  await desk.sweep();
  expect(desk.find(question.id, BEN)).toBeNull();
});
