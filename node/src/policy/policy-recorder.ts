import type { Ledger } from '../ledger/ledger.ts';
import type { ReadPolicy } from './parse.ts';

/** Writes each policy into the ledger before it counts; one that is the last in there already, as after a restart, is not written again. */
export function policyRecorder(
  ledger: Pick<Ledger, 'append' | 'entries'>,
): (policy: ReadPolicy) => Promise<void> {
  let last = findLast(ledger);
  return ({ digest, text }) => {
    const recorded = last.then(async (before) => {
      if (before !== digest) await ledger.append({ kind: 'policy', digest, text });
      return digest;
    });
    last = recorded;
    return recorded.then(() => {});
  };
}

async function findLast(ledger: Pick<Ledger, 'entries'>): Promise<string | null> {
  let last: string | null = null;
  for await (const { event } of ledger.entries({ kinds: ['policy'] })) {
    if (event.kind === 'policy') last = event.digest;
  }
  return last;
}
