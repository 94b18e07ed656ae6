import { rename } from 'node:fs/promises';
import { syncFolder } from '../home/atomic-file.ts';
import type { Home } from '../home/home.ts';
import type { Logger } from '../logging/logger.ts';
import { ReceiptKey } from '../receipts/key.ts';
import { type FileLedger, Ledger } from './ledger.ts';
import { readEntries } from './read.ts';

/** The ledger of a home, and the key that signs it. */
export interface LedgerOfHome {
  readonly ledger: FileLedger;
  readonly receiptKey: ReceiptKey;
}

/** Only whoever holds the home's lock may call it. Finishes a change of keys that was cut off after the ledger had told of it. */
export async function openLedgerOf(home: Home, logger: Logger): Promise<LedgerOfHome> {
  const next = await ReceiptKey.read(home.nextReceiptKey);
  if (next && (await tellsOf(home.ledger, next))) await takeNextKey(home);
  const receiptKey = await ReceiptKey.load(home.receiptKey);
  return { ledger: await Ledger.open(home.ledger, logger, { key: receiptKey }), receiptKey };
}

/** From here on the next key is the node's. */
export async function takeNextKey(home: Home): Promise<void> {
  await rename(home.nextReceiptKey, home.receiptKey);
  await syncFolder(home.root);
}

/** The public keys that the ledger of a home may end with: that of the home, and one that is just being put in its place. */
export async function publicKeysOf(home: Home): Promise<Uint8Array[]> {
  const keys = [await ReceiptKey.read(home.receiptKey), await ReceiptKey.read(home.nextReceiptKey)];
  return keys.flatMap((key) => (key ? [key.publicKey] : []));
}

async function tellsOf(folder: string, key: ReceiptKey): Promise<boolean> {
  const publicKey = Buffer.from(key.publicKey).toString('base64');
  for await (const { event } of readEntries(folder, { kinds: ['key'] })) {
    if (event.kind === 'key' && event.to === publicKey) return true;
  }
  return false;
}
