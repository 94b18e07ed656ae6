import type { Fields } from '../fields.ts';
import type { ScoreDeclaration } from '../model.ts';

/** A score is a double; more digits than that it does not have. */
const MAX_DECIMALS = 15;
const MAX_UNIT = 16;
const KEYS = ['type', 'range', 'decimals', 'unit', 'min_cases'] as const;

/**
 * What a column declares of its scores, for the gates of sites: `type`, `range: [min, max]` (`null` leaves an end open), `decimals`, `unit`,
 * `min_cases`. Keys of Weir's own; other platforms ignore them. Null when the column has none of them.
 */
export function readScoreDeclaration(column: Fields, isComputed: boolean): ScoreDeclaration | null {
  const given = KEYS.filter((key) => column.findValue(key) !== undefined);
  if (given.length === 0) return null;
  if (isComputed && given.some((key) => key !== 'unit')) {
    const message =
      'A computed column is made at the hub: no site releases it, so there is nothing to declare.';
    column.error(
      'computation',
      'declaration_of_computed',
      message,
      'Declare the columns it is computed from.',
    );
  }
  const type = column.choice('type', ['decimal', 'integer'], null);
  const { min, max } = readRange(column);
  const decimals = column.integer('decimals', { max: MAX_DECIMALS });
  if (type === 'integer' && decimals) {
    const message = `An integer has no digits after the point, and "decimals" is ${decimals}.`;
    column.error(
      'decimals',
      'decimals_of_integer',
      message,
      'Leave "decimals" out, or write "type: decimal".',
    );
  }
  const unit = column.text('unit', { max: MAX_UNIT }) ?? '';
  return { type, min, max, decimals, unit, minCases: column.integer('min_cases') ?? 0 };
}

function readRange(column: Fields): { min: number | null; max: number | null } {
  const open = { min: null, max: null };
  const before = column.log.errorCount;
  const ends = column.numbers('range');
  if (column.findValue('range') === undefined || column.log.errorCount > before) return open;
  const [min = null, max = null] = ends;
  if (ends.length !== 2 || (min === null && max === null) || (min !== null && max !== null && min >= max)) {
    const message = '"range" must be the smallest and the largest score that there can be.';
    column.error('range', 'range_malformed', message, 'Write [0, 1]; null for an end that is open.');
    return open;
  }
  return { min, max };
}
