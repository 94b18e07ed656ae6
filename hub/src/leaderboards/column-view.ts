import type { BoardColumn } from './boards.ts';
import { directionOf } from './ranking.ts';

/** A column of a board as people see it. */
export interface ColumnView {
  readonly id: number;
  readonly index: number;
  readonly key: string;
  readonly title: string;
  /** Which end is better; of columns made from ranks, whatever was declared. */
  readonly sorting: 'asc' | 'desc';
  readonly precision: number;
  readonly hidden: boolean;
  /** It ranks. */
  readonly isPrimary: boolean;
  /** For people; may be empty. */
  readonly unit: string;
  /** Heading that neighbouring columns share. */
  readonly group: string | null;
  readonly computation: BoardColumn['computation'];
  /** Indexes of the columns that it is computed from. */
  readonly computationIndexes: BoardColumn['computationIndexes'];
}

type Described = Pick<
  BoardColumn,
  | 'id'
  | 'index'
  | 'key'
  | 'title'
  | 'sorting'
  | 'precision'
  | 'hidden'
  | 'unit'
  | 'groupTitle'
  | 'computation'
  | 'computationIndexes'
>;

/** @param primaryIndex of the board or the split */
export function toColumnView(column: Described, primaryIndex: number | undefined): ColumnView {
  const { id, index, key, title, precision, hidden, unit, groupTitle, computation, computationIndexes } =
    column;
  return {
    id,
    index,
    key,
    title,
    sorting: directionOf(column),
    precision,
    hidden,
    unit,
    group: groupTitle,
    computation,
    computationIndexes,
    isPrimary: index === primaryIndex,
  };
}
