import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type KeySuccession, successionBytes } from '@weir/proto/receipt';
import type { Home } from '../home/home.ts';
import type { Identity } from '../home/identity.ts';
import { lockHome } from '../home/lock.ts';
import { openLedgerOf, takeNextKey } from '../ledger/of-home.ts';
import { readEntryLines } from '../ledger/read.ts';
import { createLogger, type Logger } from '../logging/logger.ts';
import { Spool } from '../spool/spool.ts';
import { ReceiptKey } from './key.ts';

/**
 * Puts another key in the place of the one that signs receipts and the ledger. The former key announces the new one; the hub learns it with the
 * next hello. In this order, so that a process that is killed anywhere leaves either key in force, and never a ledger that does not fit:
 *
 *   next key on disk -> entry "key", signed by the former key, in the ledger -> the next key takes the former's place -> head signed by it
 *
 * @throws HomeLockedError while a node works in the home.
 */
export async function rotateReceiptKey(
  home: Home,
  { nodeId }: Pick<Identity, 'nodeId'>,
  logger: Logger,
): Promise<KeySuccession> {
  await using _lock = await lockHome(home.lock);
  const succession = await announce(home, nodeId, logger);
  await takeNextKey(home);
  const { ledger } = await openLedgerOf(home, logger);
  await ledger[Symbol.asyncDispose]();
  return succession;
}

async function announce(home: Home, node: string, logger: Logger): Promise<KeySuccession> {
  const { ledger, receiptKey } = await openLedgerOf(home, logger);
  await using _ledger = ledger;
  // One that an earlier try has left, of which nobody was told, is as good as a new one.
  const next = await ReceiptKey.load(home.nextReceiptKey);
  const at = await momentAfterAll(home);
  const succession = { node, from: receiptKey.publicKey, to: next.publicKey, at };
  await ledger.append({
    kind: 'key',
    node,
    from: base64(succession.from),
    to: base64(succession.to),
    at,
    signature: base64(receiptKey.sign(successionBytes(succession))),
  });
  return succession;
}

/** A receipt is signed when logs and archives are on their way, so later than what the ledger says last of its run. */
const DELIVERY_MS = 3_600_000;

/**
 * A moment before which the former key has finished everything that it has signed. By the clock it is now, unless the clock was put back since: then it is
 * later than all that the ledger and the spool tell of. What counts is the order in the ledger; a clock must not make receipts of the former key look
 * like ones from after its end.
 */
async function momentAfterAll({ ledger, spool }: Pick<Home, 'ledger' | 'spool'>): Promise<string> {
  const now = Date.now();
  let latest = 0;
  for await (const { entry } of readEntryLines(ledger, {}))
    latest = Math.max(latest, Date.parse(entry.at) || 0);
  {
    await using waiting = await Spool.open(spool, createLogger('silent'));
    for (const { finishedAt } of waiting.recovered.concluded) {
      if (finishedAt) latest = Math.max(latest, timestampMs(finishedAt));
    }
  }
  return new Date(latest > now ? latest + DELIVERY_MS : now).toISOString();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
