import type { PublishedKey } from '@weir/proto/receipt';
import type { z } from 'zod';
import type { PeerCalls, PeerHub } from '../../peers/client.ts';
import type { PeerDirectory } from '../../peers/directory.ts';
import { receiptsReading } from '../wire/following.ts';

const MOST_BYTES = 16 * 1024 ** 2;

export interface PeerReceipts {
  readonly receipts: z.output<typeof receiptsReading>['receipts'];
  readonly keys: readonly PublishedKey[];
}

/** Receipts of a peer, with its keys as this hub knows them: those that come with a receipt prove nothing of the peer. @throws PeerCallError */
export async function readReceipts(
  { calls, directory }: { calls: PeerCalls; directory: PeerDirectory },
  peerId: number,
  ask: (hub: PeerHub) => Promise<unknown>,
  scope: 'list' | 'submit',
): Promise<PeerReceipts> {
  const { receipts } = await calls.client(peerId).call(receiptsReading, ask, { scope, maxBytes: MOST_BYTES });
  const { chain, name: owner } = await directory.get(peerId);
  const keys = chain
    .toReversed()
    .map(
      ({ id, publicKey, from: since }) =>
        ({ id, role: 'hub', owner, algorithm: 'ed25519', publicKey, since }) as const,
    );
  return { receipts, keys };
}
