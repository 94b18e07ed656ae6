import { keyIdOf } from '@weir/proto/receipt';
import { type readEnvironment, toHome } from '../config/config.ts';
import { type Home, homeAt } from '../home/home.ts';
import { readIdentity } from '../home/identity.ts';
import { readEntries } from '../ledger/read.ts';
import { createLogger } from '../logging/logger.ts';
import { ReceiptKey } from '../receipts/key.ts';
import { rotateReceiptKey } from '../receipts/rotate.ts';
import { UsageError } from './errors.ts';
import type { Flags } from './main.ts';

export async function keysCommand(
  words: readonly string[],
  flags: Flags,
  env: ReturnType<typeof readEnvironment>,
): Promise<number> {
  const home = homeAt(toHome(flags.home, env));
  switch (words[0]) {
    case 'show':
      return await show(home);
    case 'rotate': {
      const { from, to } = await rotateReceiptKey(home, await readIdentity(home), createLogger('silent'));
      process.stdout.write(
        `${keyIdOf(to)} signs receipts and the ledger from now on, in the place of ${keyIdOf(from)}, which has announced it.\n` +
          'Start the node: it tells the hub. Receipts that the former key signed stay good.\n',
      );
      return 0;
    }
    default:
      throw new UsageError('say what to do with the key that signs receipts: show or rotate');
  }
}

/** The key in use, then those before it, the last one first. */
async function show(home: Home): Promise<number> {
  const key = await ReceiptKey.read(home.receiptKey);
  if (!key)
    throw new UsageError(
      `${home.root}: this node has no key for receipts yet; it is made when the node starts`,
    );
  const former: string[] = [];
  for await (const { event } of readEntries(home.ledger, { kinds: ['key'] })) {
    if (event.kind === 'key')
      former.unshift(`${keyIdOf(Buffer.from(event.from, 'base64'))}  until ${event.at}`);
  }
  process.stdout.write(`${[`${keyIdOf(key.publicKey)}  in use`, ...former].join('\n')}\n`);
  return 0;
}
