import type { ReceiptReport } from '@weir/proto/receipt';
import type { HubKey, RunReceipt } from '#lib/api/types.ts';

export type Checked =
  | { readonly kind: 'report'; readonly report: ReceiptReport }
  /** What should be a receipt is none. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * Checks a receipt here, in the browser: the hub's word is not taken for it. The library is loaded when the first receipt is.
 * Works on addresses without TLS too, where browsers have no WebCrypto.
 */
export async function checkHere(
  { receipt, shown }: Pick<RunReceipt, 'receipt' | 'shown'>,
  keys: readonly HubKey[],
): Promise<Checked> {
  const { readReceiptFile, verifyReceipt } = await import('@weir/proto/receipt');
  try {
    const file = readReceiptFile(JSON.stringify(receipt));
    const report = verifyReceipt(file, { hubKeys: keys.map(({ id }) => id), scores: shown });
    return { kind: 'report', report };
  } catch (error) {
    return { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** What is bound to the scores, for people; what there was none of is left out. */
export function factsOf({ statement }: ReceiptReport): { name: string; value: string; isDigest: boolean }[] {
  const { assigned, ...predicate } = statement.predicate;
  const facts: [string, string | null][] = [
    ['Submission', assigned.submissionDigest],
    ['Scoring program', assigned.scoringProgram],
    ['Ingestion program', assigned.ingestionProgram],
    ['Input data', assigned.inputData],
    ['Reference data', assigned.referenceData],
    ["Site's dataset", assigned.dataset],
    ["Site's dataset, content", predicate.datasetDigest],
    ['Image', assigned.image],
    ['Image, content', predicate.imageDigest],
    ['Declared columns', assigned.columns],
    ["Site's policy", predicate.policy],
    ['Run', `${assigned.run}, attempt ${assigned.attempt}`],
    ['Task', assigned.task],
    ['Began', predicate.startedAt],
    ['Ended', predicate.finishedAt],
    ['Node software', predicate.software],
  ];
  return facts.flatMap(([name, value]) =>
    value ? [{ name, value, isDigest: value.startsWith('sha256:') }] : [],
  );
}
