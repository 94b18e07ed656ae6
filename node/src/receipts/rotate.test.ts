import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { AttemptRefSchema, OutcomeSchema } from '@weir/proto/node/v1';
import { isAnnounced } from '@weir/proto/receipt';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Home, homeAt, makeHome } from '../home/home.ts';
import { openLedgerOf } from '../ledger/of-home.ts';
import { createLogger } from '../logging/logger.ts';
import { Spool } from '../spool/spool.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { rotateReceiptKey } from './rotate.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-03-01T12:00:00Z');
const logger = createLogger('silent');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An hour of work by the clock as it is set: an entry in the ledger, and an outcome that no hub has acknowledged yet. */
async function work(home: Home, runId: bigint, finishedAt: number): Promise<void> {
  const { ledger } = await openLedgerOf(home, logger);
  await ledger.append({ kind: 'control', what: 'pause', by: 'ada' });
  await ledger[Symbol.asyncDispose]();
  await using spool = await Spool.open(home.spool, logger);
  const attempt = create(AttemptRefSchema, { runId, attempt: 1 });
  const outcome = create(OutcomeSchema, { attempt, finishedAt: timestampFromMs(finishedAt) });
  await spool.conclude({ ...outcome, attempt });
}

async function setUp() {
  const folder = await temporaryFolder();
  const home = homeAt(folder.path);
  await makeHome(home);
  const rotate = async () => {
    const succession = await rotateReceiptKey(home, { nodeId: 'n1' }, logger);
    return Date.parse(succession.at);
  };
  return { home, rotate, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('with a clock that goes forward the former key ends now', async () => {
  await using site = await setUp();
  await work(site.home, 1n, NOW - HOUR);
  expect(await site.rotate()).toBe(NOW);
});

test('with a clock that was put back, what the former key has signed was finished before its end all the same', async () => {
  await using site = await setUp();
  vi.setSystemTime(NOW + 5 * HOUR);
  await work(site.home, 1n, NOW + 6 * HOUR);
  vi.setSystemTime(NOW);
  expect(await site.rotate()).toBeGreaterThan(NOW + 6 * HOUR);
  // The next key has signed nothing of that future.
  await work(site.home, 2n, NOW + 1000);
  vi.setSystemTime(NOW + 24 * HOUR);
  expect(await site.rotate()).toBe(NOW + 24 * HOUR);
});

test('without anything in the spool the ledger alone tells it', async () => {
  await using site = await setUp();
  vi.setSystemTime(NOW + 5 * HOUR);
  const { ledger } = await openLedgerOf(site.home, logger);
  await ledger.append({ kind: 'control', what: 'pause', by: 'ada' });
  await ledger[Symbol.asyncDispose]();
  vi.setSystemTime(NOW - HOUR);
  expect(await site.rotate()).toBeGreaterThan(NOW + 5 * HOUR);
});

test('the former key announces the moment that counts', async () => {
  await using site = await setUp();
  vi.setSystemTime(NOW + HOUR);
  await work(site.home, 1n, NOW + HOUR);
  vi.setSystemTime(NOW);
  await site.rotate();
  const { ledger } = await openLedgerOf(site.home, logger);
  await using _ledger = ledger;
  const [succession] = ledger.successions;
  expect(isAnnounced(succession!, succession!.signature)).toBe(true);
});
