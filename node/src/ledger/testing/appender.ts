import { argv } from 'node:process';
import { createLogger } from '../../logging/logger.ts';
import { ReceiptKey } from '../../receipts/key.ts';
import { Ledger } from '../ledger.ts';

/** Appends for ever, and says on its standard output which entry is on disk: a process for tests to kill. */
const [, , folder = '', keyPath = ''] = argv;
const key = await ReceiptKey.load(keyPath);
const ledger = await Ledger.open(folder, createLogger('silent'), { key, segmentBytes: 16 * 1024 });
for (;;) {
  const batch = Array.from({ length: 1 + (ledger.head.sequence % 7) }, (_, index) =>
    ledger.append({ kind: 'control', what: 'pause', by: 'x'.repeat(index * 97) }),
  );
  for (const { sequence, hash } of await Promise.all(batch)) process.stdout.write(`${sequence} ${hash}\n`);
}
