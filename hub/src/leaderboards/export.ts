import { csvLine } from '../dumps/csv.ts';
import type { BoardRow, ShownScore } from './row.ts';
import type { BoardView } from './view.ts';

/** A board as somebody sees it at one moment. */
export interface WholeBoard {
  readonly board: BoardView;
  readonly rows: () => AsyncIterable<ExportedRow> | Iterable<ExportedRow>;
  /** Of a peer's; null for one of this hub, which is taken now. */
  readonly source: BoardSource | null;
}

/** Whose board it is, and when this hub read it. */
export interface BoardSource {
  readonly hub: string;
  /** Its number there. */
  readonly competition: number;
  readonly readAt: Date;
  /** False where fewer entries were read than the board has. */
  readonly complete: boolean;
}

/** Those of peers have come as JSON. */
export type ExportedRow = Omit<BoardRow, 'submittedAt' | 'scores' | 'coverage'> & {
  readonly coverage: object | null;
  readonly submittedAt: Date | string;
  readonly scores: Readonly<
    Record<
      string,
      | (Omit<ShownScore, 'interval'> & {
          readonly interval?: Pick<NonNullable<ShownScore['interval']>, 'low' | 'high'> | undefined;
        })
      | null
    >
  >;
};

type Cell = Parameters<typeof csvLine>[0][number];
type CsvColumn = readonly [heading: string, cellOf: (row: ExportedRow) => Cell];

/**
 * A line for each entry, its scores as the board shows them, and for phases with several tasks once more for each task, and of a peer's board where
 * and when it was read. Of what participants write, texts that a spreadsheet would run are made harmless.
 */
export async function* toCsv({ board, rows, source }: WholeBoard): AsyncGenerator<string> {
  const columns = [...columnsOf(board), ...(source ? sourceColumns(source) : [])];
  yield csvLine(columns.map(([heading]) => heading));
  for await (const row of rows()) yield csvLine(columns.map(([, cellOf]) => cellOf(row)));
}

/** One object: what the board is, and its `entries` as the portal gets them. */
export async function* toJson({ board, rows, source }: WholeBoard): AsyncGenerator<string> {
  const { canManage: _, ...described } = board;
  const taken = source ? { source } : { takenAt: new Date() };
  yield `${JSON.stringify({ ...described, ...taken }).slice(0, -1)},"entries":[`;
  let separator = '\n';
  for await (const { mine: _mine, ...row } of rows()) {
    yield `${separator}${JSON.stringify(row)}`;
    separator = ',\n';
  }
  yield '\n]}\n';
}

function columnsOf({ columns, tasks, questions, ladderStep, canManage, taskRule }: BoardView): CsvColumn[] {
  const showsReleased = ladderStep !== null && canManage;
  return [
    ['rank', ({ rank }) => rank],
    ['participant', ({ displayName }) => displayName],
    ['username', ({ owner }) => owner],
    ['submission', ({ submissionId }) => submissionId],
    ['submitted', ({ submittedAt }) => submittedAt],
    ...when(taskRule === 'average_rank', ['average_rank', (row) => numberOf(row.averageRank)]),
    ...when(showsReleased, ['released', (row) => numberOf(row.released)]),
    ...columns.flatMap(({ key, hasInterval }): CsvColumn[] => [
      [key, (row) => numberOf(row.scores[key]?.value)],
      ...when(hasInterval, [`${key}_low`, (row) => numberOf(row.scores[key]?.interval?.low)]),
      ...when(hasInterval, [`${key}_high`, (row) => numberOf(row.scores[key]?.interval?.high)]),
    ]),
    ...(tasks.length > 1 ? tasks : []).flatMap(({ id, name }) =>
      columns.map(
        ({ key }): CsvColumn => [
          `${name}: ${key}`,
          ({ perTask }) => numberOf(perTask.find(({ taskId }) => taskId === id)?.scores[key]),
        ],
      ),
    ),
    ['baseline', ({ isBaseline }) => isBaseline],
    ['mark', ({ mark }) => mark],
    ['note', ({ note }) => note],
    ['edited', ({ isEdited }) => isEdited],
    ...questions.map(
      ({ key }): CsvColumn => [`answer: ${key}`, ({ factSheetAnswers }) => answerOf(factSheetAnswers?.[key])],
    ),
  ];
}

const sourceColumns = ({ hub, competition, readAt }: BoardSource): CsvColumn[] => [
  ['hub', () => hub],
  ['competition', () => competition],
  ['read', () => readAt],
];

const when = (applies: boolean, column: CsvColumn): CsvColumn[] => (applies ? [column] : []);

/** Rounded scores are numbers to a spreadsheet, not texts that begin with a sign. */
function numberOf(shown: string | null | undefined): number | null {
  return shown === null || shown === undefined ? null : Number(shown);
}

function answerOf(answer: unknown): Cell {
  if (typeof answer === 'string' || typeof answer === 'boolean' || typeof answer === 'number') return answer;
  return answer === null || answer === undefined ? null : JSON.stringify(answer);
}
