import type { MessageInitShape } from '@bufbuild/protobuf';
import { type ScoreColumnSchema, ScoreType } from '@weir/proto/node/v1';
import type { columns } from '../competitions/schema.ts';

type ColumnRow = Pick<
  typeof columns.$inferSelect,
  'key' | 'scoreType' | 'scoreMin' | 'scoreMax' | 'scoreDecimals' | 'unit' | 'minCases'
>;

const TYPES = { decimal: ScoreType.DECIMAL, integer: ScoreType.INTEGER } as const;

/** A column as a site's gate is told of it: what is not declared is left out. */
export function toScoreColumn(column: ColumnRow): MessageInitShape<typeof ScoreColumnSchema> {
  const { key, scoreType, scoreMin, scoreMax, scoreDecimals, unit, minCases } = column;
  return {
    key,
    type: scoreType ? TYPES[scoreType] : ScoreType.UNSPECIFIED,
    ...(scoreMin !== null && { min: scoreMin }),
    ...(scoreMax !== null && { max: scoreMax }),
    ...(scoreDecimals !== null && { decimals: scoreDecimals }),
    unit,
    minCases,
  };
}
