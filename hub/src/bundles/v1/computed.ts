import { asFields, type Fields } from '../fields.ts';
import type { BundleComputation, ComputationKind } from '../model.ts';

/** CodaLab's two operations are over ranks, not over scores. */
const OPERATIONS: Readonly<Record<string, ComputationKind>> = { avg: 'avg_rank', mrr: 'mrr' };

/**
 * `computed` of a column: `operation` (`Avg`, the average of the ranks; `MRR`, the mean of their reciprocals), `fields` (keys of columns, with
 * commas or as a list), perhaps `weights`. Codabench leaves such a column empty; what cannot be computed here stays empty with a note, as there.
 */
export function readComputed(
  column: Fields,
  key: string,
  indexOf: ReadonlyMap<string, number>,
): BundleComputation | null {
  const node = column.findValue('computed');
  if (node === undefined) return null;
  const leaveEmpty = (message: string, cure: string): null => {
    column.note('computed', 'computed_left_empty', `${message} The column stays empty.`, cure);
    return null;
  };
  if (node.kind !== 'mapping')
    return leaveEmpty('"computed" is no mapping.', 'Write "operation" and "fields".');
  const fields = asFields(column.log, node, column.pathOf('computed'))!;
  const operation = textOf(fields, 'operation') ?? '';
  const kind = OPERATIONS[operation.toLowerCase()];
  if (kind === undefined) {
    return leaveEmpty(`The operation "${operation}" is not known.`, 'Write Avg or MRR.');
  }
  const keys = listOf(fields, 'fields');
  const unknown = keys.filter((field) => field === key || !indexOf.has(field));
  if (keys.length === 0 || unknown.length > 0) {
    const message =
      keys.length === 0
        ? 'No fields are given to compute from.'
        : `No other column of the same leaderboard has the key ${unknown.map((field) => `"${field}"`).join(', ')}.`;
    return leaveEmpty(message, 'Name keys of columns of the same leaderboard.');
  }
  const weights = readWeights(fields, keys.length);
  fields.noteUnknownKeys();
  return { kind, indexes: keys.map((field) => indexOf.get(field)!), weights };
}

function readWeights(fields: Fields, count: number): number[] | null {
  const written = listOf(fields, 'weights');
  if (written.length === 0) return null;
  const weights = written.map(Number);
  if (weights.length === count && weights.every((weight) => weight > 0 && Number.isFinite(weight)))
    return weights;
  const message = 'The weights are not positive numbers, one for each field; all fields count the same.';
  fields.note('weights', 'weights_ignored', message, 'Write as many positive numbers as there are fields.');
  return null;
}

function textOf(fields: Fields, key: string): string | null {
  const node = fields.findValue(key);
  return node !== undefined && 'text' in node ? node.text.trim() : null;
}

function listOf(fields: Fields, key: string): string[] {
  const node = fields.findValue(key);
  if (node?.kind === 'sequence')
    return node.items.flatMap((item) => ('text' in item ? [item.text.trim()] : []));
  return (textOf(fields, key) ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
