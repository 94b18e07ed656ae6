import { expect, test } from 'vitest';
import { type Account, Books, type Release } from './books.ts';
import { Budgets } from './budgets.ts';
import { MemoryLedger } from './testing/memory-ledger.ts';

const ada: Account = { submitter: '1@hub', datasets: ['sepsis@1'] };
const limits = { perSubmitterBits: 30, perDatasetBits: 50 };

function release(changes: Partial<Release> = {}): Release {
  return {
    kind: 'release',
    run: '1',
    attempt: 1,
    submitter: '1@hub',
    dataset: 'sepsis@1',
    what: 'scores',
    key: `sha256:${'0'.repeat(64)}`,
    bits: 10,
    digest: `sha256:${'1'.repeat(64)}`,
    bytes: Buffer.from('{"auc":0.5}').toString('base64'),
    policy: `sha256:${'2'.repeat(64)}`,
    reviewers: [],
    ...changes,
  };
}

async function open(...releases: Release[]) {
  const ledger = new MemoryLedger();
  const books = await Books.open(ledger);
  for (const each of releases) await books.record(each);
  return { ledger, books, budgets: new Budgets(books) };
}

test('a run is let in while so many bits are left, and puts them aside', async () => {
  const { budgets } = await open();
  const first = budgets.reserve(ada, 20, limits);
  expect(first).not.toBeNull();
  expect(budgets.reserve(ada, 20, limits)).toBeNull();
  first?.[Symbol.dispose]();
  expect(budgets.reserve(ada, 20, limits)).not.toBeNull();
});

test('what was drawn counts over phases, competitions, hubs and versions of the dataset', async () => {
  const { books, budgets } = await open(
    release(),
    release({ run: '2', dataset: 'sepsis@2' }),
    release({ run: '3', dataset: 'sepsis@2,age@1' }),
  );
  expect(books.drawnBy('1@hub', 'sepsis@9')).toBe(30);
  expect(books.drawnBy('1@hub', 'age@1')).toBe(10);
  expect(budgets.reserve(ada, 0.001, limits)).toBeNull();
  expect(budgets.reserve({ ...ada, datasets: ['age@1'] }, 20, limits)).not.toBeNull();
  expect(budgets.reserve({ ...ada, datasets: ['age@1', 'sepsis@1'] }, 1, limits)).toBeNull();
});

test('everybody together is held to the budget of the dataset', async () => {
  const { budgets } = await open(release(), release({ run: '2', submitter: '2@hub', bits: 25 }));
  const grace = { submitter: '3@other', datasets: ['sepsis@1'] };
  expect(budgets.reserve(grace, 16, limits)).toBeNull();
  expect(budgets.reserve(grace, 15, limits)).not.toBeNull();
  expect(budgets.reserve(grace, 1, limits)).toBeNull();
  expect(budgets.reserve(grace, 1, { ...limits, perDatasetBits: null })).not.toBeNull();
});

test('a ledger that is read again gives the same books', async () => {
  const { ledger } = await open(release(), release({ run: '2', bits: 7, what: 'code', bytes: null }));
  const books = await Books.open(ledger);
  expect(books.drawnBy('1@hub', 'sepsis')).toBe(17);
  expect(books.drawnFrom('sepsis@1')).toBe(17);
  expect(books.findScores('1@hub', release().key)?.toString()).toBe('{"auc":0.5}');
  expect(books.findScores('2@hub', release().key)).toBeNull();
});

test('an attempt that comes again after a restart is charged once for the same, and again for something else', async () => {
  const { ledger } = await open(release());
  const books = await Books.open(ledger, [{ runId: 1n, attempt: 1 }]);
  await books.record(release());
  expect(books.drawnFrom('sepsis')).toBe(10);
  await books.record(release({ digest: `sha256:${'3'.repeat(64)}` }));
  expect(books.drawnFrom('sepsis')).toBe(20);
  await books.record(release({ attempt: 2 }));
  expect(books.drawnFrom('sepsis')).toBe(30);
});

test('what could not be written is not charged', async () => {
  const { ledger, books } = await open();
  ledger.onAppend = () => {
    throw new Error('the disk is full');
  };
  await expect(books.record(release())).rejects.toThrow('full');
  expect(books.drawnFrom('sepsis')).toBe(0);
});

test('runs that were let begin today are counted from the decision on', async () => {
  const { books } = await open();
  const decision = {
    kind: 'decision' as const,
    run: '5',
    attempt: 1,
    at: 'assignment' as const,
    permitted: true,
    rule: 'datasets.sepsis',
    policy: null,
    imageDigest: null,
  };
  await books.record(decision);
  await books.record({ ...decision, run: '6', permitted: 'later' });
  expect(books.beganToday(new Date(), '', '7-1')).toEqual({ runs: 1, ofSubmitter: 1 });
  expect(books.beganToday(new Date(), '', '5-1')).toEqual({ runs: 0, ofSubmitter: 0 });
  expect(books.beganToday(new Date(Date.now() + 2 * 86_400_000), '', '7-1').runs).toBe(0);
});

test('with a budget of B bits there are at most 2^B things that a submitter can ever be told', async () => {
  // Outcomes of a run, with prices for which the sum of 2^-bits is at most 1; a run may end in any of them.
  const prices = [1, 2, 3, 3];
  const budget = 7;
  const transcripts = new Set<string>();
  const follow = async (told: readonly number[]): Promise<void> => {
    const { budgets } = await open(
      ...told.map((outcome, index) => release({ run: String(index + 1), bits: prices[outcome] ?? 0 })),
    );
    const room = budgets.reserve(ada, Math.max(...prices), {
      perSubmitterBits: budget,
      perDatasetBits: null,
    });
    if (room === null) {
      transcripts.add(told.join());
      return;
    }
    for (const outcome of prices.keys()) await follow([...told, outcome]);
  };
  await follow([]);
  expect(transcripts.size).toBeGreaterThan(16);
  expect(transcripts.size).toBeLessThanOrEqual(2 ** budget);
});
