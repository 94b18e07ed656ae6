import type { Fields } from '../fields.ts';
import { type BundleComputation, COMPUTATION_KINDS, type ComputationKind } from '../model.ts';

const WEIGHTED: ReadonlySet<ComputationKind> = new Set(['weighted', 'avg_rank', 'mrr']);

/** `weighted` and `mrr`, and weights, are Weir's own; `avg_rank` is Codabench's since 2026. */
export function readComputation(fields: Fields): BundleComputation | null {
  const isListed = fields.findValue('computation_indexes') !== undefined;
  if (fields.text('computation') === null) {
    if (isListed) {
      const message = '"computation_indexes" says from what, and "computation" does not say how.';
      const cure = `Add "computation": ${COMPUTATION_KINDS.join(', ')}.`;
      fields.error('computation', 'computation_missing', message, cure);
    }
    return null;
  }
  const kind = fields.choice('computation', COMPUTATION_KINDS, 'avg');
  const indexes = fields.integers('computation_indexes');
  if (!isListed) {
    const message = '"computation" does not say from which columns.';
    fields.error(
      'computation_indexes',
      'computation_indexes_missing',
      message,
      'Add "computation_indexes", a list of indexes.',
    );
  }
  return { kind, indexes, weights: readWeights(fields, kind, indexes.length) };
}

function readWeights(fields: Fields, kind: ComputationKind, count: number): number[] | null {
  const key = 'computation_weights';
  if (fields.findValue(key) === undefined) {
    if (kind === 'weighted') {
      const message = 'A weighted mean needs weights.';
      fields.error(key, 'weights_missing', message, `Add "${key}", a number for each of the columns.`);
    }
    return null;
  }
  if (!WEIGHTED.has(kind)) {
    const cure = `Leave the weights out, or write one of: ${[...WEIGHTED].join(', ')}.`;
    fields.error(key, 'weights_unused', `A computation "${kind}" has no weights.`, cure);
    return null;
  }
  const before = fields.log.errorCount;
  const weights = fields.numbers(key).filter((weight) => weight !== null);
  if (
    fields.log.errorCount === before &&
    (weights.length !== count || weights.some((weight) => !(weight > 0)))
  ) {
    const message = `"${key}" must be ${count} positive numbers, one for each of the columns.`;
    fields.error(key, 'weights_malformed', message, 'Write as many weights as there are indexes.');
  }
  return weights;
}
