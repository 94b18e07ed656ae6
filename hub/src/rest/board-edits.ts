import { z } from 'zod';
import { type BundleComputation, COMPUTATION_KINDS, SUBMISSION_RULES } from '../bundles/model.ts';
import type { Write } from '../db/database.ts';
import type { EditableBoard, EditedBoard } from '../leaderboards/settings/service.ts';
import { NamedMissingError } from './named.ts';
import { flag, number, type RestRequest } from './request.ts';

type EditedColumn = EditedBoard['columns'][number];

/** `["0", "1"]`, or `"0,1"`. */
const indexes = z.preprocess(
  (sent) => (typeof sent === 'string' ? sent.split(',').filter(Boolean) : sent),
  z.array(number).max(1_000).nullish(),
);
const column = z.object({
  id: number.nullish(),
  index: number,
  title: z.string(),
  key: z.string(),
  sorting: z.enum(['asc', 'desc']).optional(),
  precision: number.optional(),
  hidden: flag.optional(),
  computation: z.preprocess((sent) => (sent === '' ? null : sent), z.enum(COMPUTATION_KINDS).nullish()),
  computation_indexes: indexes,
});
const board = z.object({
  id: number.nullish(),
  title: z.string().optional(),
  key: z.string().optional(),
  primary_index: number.optional(),
  hidden: flag.optional(),
  submission_rule: z.enum(SUBMISSION_RULES).optional(),
  /** All of its columns. */
  columns: z.array(column).max(1_000).optional(),
});

export const boardEdits = z.array(board).max(100).optional();
type SentBoard = z.infer<typeof board>;
type SentColumn = z.infer<typeof column>;

/**
 * A board with an id is changed as far as something is sent of it, one without is added; the others stay. What only this platform says of boards and
 * columns stays too.
 * @throws NamedMissingError | BoardInvalidError
 */
export async function prepareBoards(
  { hub, actor }: RestRequest,
  competitionId: number,
  sent: readonly SentBoard[],
): Promise<Write<unknown>[]> {
  const { settings } = hub.leaderboards;
  const known = await settings.list(actor, competitionId);
  const writes: Write<unknown>[] = [];
  for (const one of sent) {
    const current = known.find(({ id }) => id === one.id);
    if (!current && typeof one.id === 'number') throw new NamedMissingError('leaderboards', one.id);
    const edited = toBoard(one, current ?? NEW_BOARD);
    if (current && JSON.stringify(edited) === JSON.stringify(current)) continue;
    writes.push(await settings.prepareSave(actor, competitionId, edited));
  }
  return writes;
}

const NEW_BOARD: EditedBoard = {
  id: null,
  title: '',
  key: '',
  primaryIndex: 0,
  hidden: false,
  submissionRule: 'Add',
  taskRule: 'best',
  rankingTask: null,
  anonymous: false,
  splits: [],
  ladderStep: null,
  bootstrapSamples: null,
  columns: [],
};

const NEW_COLUMN = { id: null, group: null, bounds: null, declaration: null };

function toBoard(sent: SentBoard, current: EditedBoard | EditableBoard): EditedBoard {
  return {
    ...current,
    title: sent.title ?? current.title,
    key: sent.key ?? current.key,
    primaryIndex: sent.primary_index ?? current.primaryIndex,
    hidden: sent.hidden ?? current.hidden,
    submissionRule: sent.submission_rule ?? current.submissionRule,
    columns:
      sent.columns?.map((one) =>
        toColumn(
          one,
          current.columns.find(({ id, key }) =>
            typeof one.id === 'number' ? id === one.id : key === one.key,
          ),
        ),
      ) ?? current.columns,
  };
}

function toColumn(sent: SentColumn, current: EditedColumn | undefined): EditedColumn {
  if (!current && typeof sent.id === 'number') throw new NamedMissingError('leaderboards', sent.id);
  return {
    ...(current ?? NEW_COLUMN),
    index: sent.index,
    title: sent.title,
    key: sent.key,
    sorting: sent.sorting ?? current?.sorting ?? 'desc',
    precision: sent.precision ?? current?.precision ?? 2,
    hidden: sent.hidden ?? current?.hidden ?? false,
    computation: toComputation(sent, current?.computation ?? null),
  };
}

/** Weights stay with the columns that they are for. */
function toComputation(
  { computation: kind, computation_indexes: indexes }: SentColumn,
  current: BundleComputation | null,
): BundleComputation | null {
  if (kind === undefined) return current;
  if (kind === null) return null;
  const isSame = current?.kind === kind && (!indexes || current.indexes.join() === indexes.join());
  return isSame ? current : { kind, indexes: indexes ?? [], weights: null };
}
