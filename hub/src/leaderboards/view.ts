import type { BoardSettings, BoardSplit } from '../bundles/model.ts';
import { type ColumnView, toColumnView } from './column-view.ts';
import { hasInterval } from './intervals.ts';
import type { ReachedBoard } from './reach.ts';
import { RULES, type SubmissionRule } from './rules.ts';
import { showsScores } from './shown.ts';

export interface BoardView {
  readonly phaseId: number;
  readonly key: string;
  readonly title: string;
  readonly rule: SubmissionRule;
  /** The rule in words. */
  readonly ruleSentence: string;
  readonly taskRule: BoardSettings['taskRule'];
  /** Organizers alone see the board. */
  readonly hidden: boolean;
  /** Names are kept back from all but organizers and whose they are. */
  readonly anonymous: boolean;
  readonly canManage: boolean;
  /** The step in which scores are released; null: as they are. */
  readonly ladderStep: number | null;
  /** How often tasks are drawn for intervals; null: never. */
  readonly bootstrapSamples: number | null;
  /** Those that the actor sees something of. */
  readonly splits: SplitView[];
  /** The key of the one that this is; null: the board itself. */
  readonly split: string | null;
  readonly columns: (ColumnView & { readonly hasInterval: boolean })[];
  /** Of the fact sheet, those whose answers the actor sees here. */
  readonly questions: { readonly key: string; readonly title: string }[];
  /** Of the phase, in its order. */
  readonly tasks: { readonly id: number; readonly name: string }[];
  readonly total: number;
  /** Grows with each change of the board. */
  readonly version: number;
}

/** A table of the same entries by other scores. */
export interface SplitView {
  readonly key: string;
  readonly title: string;
  /** The actor's own entries alone. */
  readonly onlyOwn: boolean;
  readonly visibility: BoardSplit['visibility'];
  readonly visibleFrom: string | null;
}

export function toView({ board, splits, shown }: ReachedBoard): Omit<BoardView, 'total' | 'version'> {
  const {
    phaseId,
    key,
    title,
    rule,
    taskRule,
    anonymous,
    tasks,
    primaryIndex,
    ladderStep,
    bootstrapSamples,
  } = board;
  const { canManage, split, columns } = shown;
  const ranking = split ? split.columns[0] : primaryIndex;
  return {
    phaseId,
    key,
    title,
    rule,
    ruleSentence: RULES[rule].sentence,
    taskRule,
    hidden: board.hidden,
    anonymous,
    canManage,
    ladderStep,
    bootstrapSamples,
    splits: splits.map(({ columns: _, ...one }) => one),
    split: split?.key ?? null,
    columns: columns.map((column) => ({
      ...toColumnView(column, ranking),
      hidden: column.hidden && !split,
      hasInterval: showsScores(board, shown) && hasInterval(board, column),
    })),
    questions: [...shown.questions],
    tasks: [...tasks],
  };
}
