/** A column of a board as people see it. */
export interface ColumnView {
  readonly id: number;
  readonly index: number;
  readonly key: string;
  readonly title: string;
  readonly sorting: 'asc' | 'desc';
  readonly precision: number;
  readonly hidden: boolean;
  /** It ranks. */
  readonly isPrimary: boolean;
  /** For people; may be empty. */
  readonly unit: string;
}

/** @param primaryIndex of the board */
export function toColumnView(column: Omit<ColumnView, 'isPrimary'>, primaryIndex: number): ColumnView {
  const { id, index, key, title, sorting, precision, hidden, unit } = column;
  return { id, index, key, title, sorting, precision, hidden, unit, isPrimary: index === primaryIndex };
}
