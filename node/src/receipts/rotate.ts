import { type KeySuccession, successionBytes } from '@weir/proto/receipt';
import type { Home } from '../home/home.ts';
import type { Identity } from '../home/identity.ts';
import { lockHome } from '../home/lock.ts';
import { openLedgerOf, takeNextKey } from '../ledger/of-home.ts';
import type { Logger } from '../logging/logger.ts';
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
  const at = new Date().toISOString();
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

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
