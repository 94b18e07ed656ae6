import type { EditableBoard, EditedBoard } from '#lib/api/types.ts';

export type EditedColumn = EditedBoard['columns'][number];
export type EditedSplit = EditedBoard['splits'][number];

export const submissionRules: { value: EditedBoard['submissionRule']; label: string }[] = [
  { value: 'Add', label: 'Each puts one submission on the board' },
  { value: 'Add_And_Delete', label: 'Each chooses one submission, and may take it off' },
  { value: 'Add_And_Delete_Multiple', label: 'Each chooses any number of submissions' },
  { value: 'Force_Last', label: 'The latest of each' },
  { value: 'Force_Latest_Multiple', label: 'Every submission' },
  { value: 'Force_Best', label: 'The best of each' },
];

export const taskRules: { value: EditedBoard['taskRule']; label: string }[] = [
  { value: 'best', label: 'Its best task' },
  { value: 'mean', label: 'The mean over the tasks' },
  { value: 'sum', label: 'The sum over the tasks' },
  { value: 'average_rank', label: 'The mean of its ranks in each task' },
  { value: 'task', label: 'One task alone' },
];

type Computation = NonNullable<EditedColumn['computation']>;
export const computations: { value: Computation['kind']; label: string }[] = [
  { value: 'avg', label: 'Mean of columns' },
  { value: 'sum', label: 'Sum of columns' },
  { value: 'min', label: 'Smallest of columns' },
  { value: 'max', label: 'Largest of columns' },
  { value: 'weighted', label: 'Weighted mean of columns' },
  { value: 'avg_rank', label: 'Mean rank in columns' },
  { value: 'mrr', label: 'Mean reciprocal rank in columns' },
];

/** Those that take weights. */
export const weighs = (kind: Computation['kind']): boolean =>
  kind === 'weighted' || kind === 'avg_rank' || kind === 'mrr';

export function toForm({ phases: _, ...board }: EditableBoard): EditedBoard {
  return structuredClone(board);
}

/** A board to begin with, its key unlike those of the others. */
export function newBoard(others: readonly { key: string }[]): EditedBoard {
  const number = [...others, {}].findIndex(
    (_, place) => !others.some(({ key }) => key === `board_${place + 1}`),
  );
  return {
    id: null,
    title: '',
    key: `board_${number + 1}`,
    primaryIndex: 0,
    hidden: false,
    submissionRule: 'Force_Best',
    taskRule: 'best',
    rankingTask: null,
    anonymous: false,
    ladderStep: null,
    bootstrapSamples: null,
    splits: [],
    columns: [newColumn(0)],
  };
}

function newColumn(index: number): EditedColumn {
  return {
    id: null,
    index,
    title: '',
    key: '',
    sorting: 'desc',
    precision: 2,
    hidden: false,
    group: null,
    bounds: null,
    computation: null,
    declaration: null,
  };
}

export function withColumn(board: EditedBoard): EditedBoard {
  const next = Math.max(-1, ...board.columns.map(({ index }) => index)) + 1;
  return { ...board, columns: [...board.columns, newColumn(next)] };
}

/** The column at the place and the one before it change places. What names them goes on meaning the same ones. */
export function movedUp(board: EditedBoard, place: number): EditedBoard {
  const [before, moved] = [board.columns[place - 1], board.columns[place]];
  if (!before || !moved) return board;
  const exchanged = renamed(board, (index) =>
    index === before.index ? moved.index : index === moved.index ? before.index : index,
  );
  return { ...exchanged, columns: exchanged.columns.toSorted((a, b) => a.index - b.index) };
}

/** Without the column, and without what names it. */
export function withoutColumn(board: EditedBoard, gone: number): EditedBoard {
  const kept = board.columns.filter(({ index }) => index !== gone);
  const first = kept[0]?.index ?? 0;
  return {
    ...board,
    primaryIndex: board.primaryIndex === gone ? first : board.primaryIndex,
    splits: board.splits.map((split) => ({
      ...split,
      columns: split.columns.filter((index) => index !== gone),
    })),
    columns: kept.map(({ computation, bounds, ...column }) => ({
      ...column,
      bounds: bounds && [bounds.low, bounds.high].includes(gone) ? null : bounds,
      computation: computation && withoutInput(computation, gone),
    })),
  };
}

function withoutInput({ kind, indexes, weights }: Computation, gone: number): Computation | null {
  const kept = indexes.flatMap((index, place) => (index === gone ? [] : [place]));
  if (kept.length === 0) return null;
  return {
    kind,
    indexes: kept.map((place) => indexes[place]!),
    weights: weights && kept.map((place) => weights[place]!),
  };
}

function renamed(board: EditedBoard, name: (index: number) => number): EditedBoard {
  return {
    ...board,
    primaryIndex: name(board.primaryIndex),
    splits: board.splits.map((split) => ({ ...split, columns: split.columns.map(name) })),
    columns: board.columns.map((column) => ({
      ...column,
      index: name(column.index),
      bounds: column.bounds && { low: name(column.bounds.low), high: name(column.bounds.high) },
      computation: column.computation && {
        ...column.computation,
        indexes: column.computation.indexes.map(name),
      },
    })),
  };
}

/** Null for an empty field. */
export function numberIn(text: string): number | null {
  return text.trim() === '' ? null : Number(text);
}

/** "2, 1" as numbers; null when nothing is written. */
export function numbersIn(text: string): number[] | null {
  return text.trim() === ''
    ? null
    : text
        .trim()
        .split(/[\s,;]+/)
        .map(Number);
}
