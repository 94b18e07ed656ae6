import type { Queries } from '../db/database.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import { findChanges, type SubmissionChange } from './changes.ts';
import { type Explanation, explain } from './explanations.ts';
import { ownScores, type SitesView, toSitesView } from './many-sites/view.ts';
import type { RunState, SubmissionStatus } from './outcome.ts';
import {
  type ColumnRow,
  findColumns,
  findFamilies,
  findRuns,
  findScores,
  type RunRow,
  type ScoreRow,
  type SubmissionRow,
} from './store.ts';
import { waitSentence } from './waits.ts';

/** A submission as people see it. */
export interface SubmissionView {
  readonly id: number;
  readonly competitionId: number;
  readonly phaseId: number;
  readonly phaseName: string;
  readonly owner: string;
  readonly name: string;
  readonly description: string;
  readonly fileName: string;
  readonly status: SubmissionStatus;
  /** Grows with each change. */
  readonly version: number;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  readonly deletedAt: Date | null;
  readonly parentId: number | null;
  readonly taskId: number | null;
  readonly taskKey: string | null;
  readonly taskName: string | null;
  /** Of its task, when it was admitted. */
  readonly taskVersion: number | null;
  /** Its task, or that of a part, has been changed since. */
  readonly isOfFormerVersion: boolean;
  readonly leaderboardId: number;
  readonly onLeaderboard: boolean;
  readonly isPublic: boolean;
  readonly isSpecificTaskReRun: boolean;
  /** On synthetic data, to try it out. */
  readonly isRehearsal: boolean;
  readonly factSheetAnswers: Record<string, unknown> | null;
  /** Of a failure. */
  readonly explanation: Explanation | null;
  /** Why it waits; null when it does not. */
  readonly waiting: string | null;
  readonly scores: ScoreView[];
  /** What organizers changed by hand of it (not of its parts), oldest first. */
  readonly changes: ChangeView[];
  /** How far its sites are; null when it did not go to any, and for one with several tasks. */
  readonly sites: SitesView | null;
  readonly runs: RunView[];
  /** Of a submission with several tasks, one for each; it has no scores and runs of its own. */
  readonly children: SubmissionView[];
}

export interface ScoreView {
  readonly columnId: number;
  readonly index: number;
  readonly columnKey: string;
  readonly title: string;
  /** Digits shown. */
  readonly precision: number;
  /** It ranks. */
  readonly isPrimary: boolean;
  /** Rounded to the column's precision. */
  readonly value: string;
  readonly raw: number;
}

export interface ChangeView {
  /** A score was edited: the receipts say what it had been. Or it was put on the board against the rule. */
  readonly kind: 'score' | 'board';
  readonly columnKey: string | null;
  readonly columnTitle: string | null;
  readonly oldValue: number | null;
  readonly newValue: number | null;
  readonly reason: string;
  readonly by: string;
  readonly at: Date;
}

export interface RunView {
  readonly id: number;
  /** Null when any node of the queue may take it. */
  readonly site: { readonly name: string; readonly title: string } | null;
  readonly state: RunState;
  readonly attempt: number;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly scores: { readonly columnKey: string; readonly title: string; readonly value: string }[];
  /** It has scores of its own, and the site or the organizers keep them back. */
  readonly scoresKeptBack: boolean;
  readonly explanation: Explanation | null;
}

/** Who looks decides what is left out. */
export interface Viewer {
  /** Hidden columns are for organizers. */
  seesHidden(competitionId: number): boolean;
  /** What was deleted is left out otherwise. */
  readonly seesDeleted?: boolean;
}

/** Reads submissions with their parts, runs and scores, in the order of the ids. A fixed number of statements for any number of them. */
export async function readSubmissions(
  queries: Queries,
  dispatch: Pick<Dispatch, 'waitingReasons'>,
  ids: readonly number[],
  viewer: Viewer,
): Promise<SubmissionView[]> {
  if (ids.length === 0) return [];
  // First how far they are: of what has ended by then, the runs and scores are there when these are read.
  const families = await findFamilies(queries, ids, viewer);
  const [runs, scores, columns, changes] = await Promise.all([
    findRuns(queries, ids),
    findScores(queries, ids),
    findColumns(queries, [...new Set(families.map(({ leaderboardId }) => leaderboardId))]),
    findChanges(
      queries,
      families.map(({ id }) => id),
    ),
  ]);
  const reasons = await dispatch.waitingReasons(
    runs.filter(({ state }) => state === 'queued' || state === 'offered').map(({ id }) => id),
  );
  const runsOf = Map.groupBy(runs, ({ submissionId }) => submissionId);
  const scoresOf = Map.groupBy(scores, ({ submissionId }) => submissionId);
  const changesOf = Map.groupBy(changes, ({ submissionId }) => submissionId);
  const childrenOf = Map.groupBy(families, ({ parentId }) => parentId);

  const view = (row: SubmissionRow): SubmissionView => {
    const canManage = viewer.seesHidden(row.competitionId);
    const isShown = ({ hidden }: { hidden: boolean }) => !hidden || canManage;
    return toView(row, {
      runs: runsOf.get(row.id) ?? [],
      scores: (scoresOf.get(row.id) ?? []).filter(isShown),
      changes: (changesOf.get(row.id) ?? []).filter(({ isHidden }) => isHidden !== true || canManage),
      children: (childrenOf.get(row.id) ?? []).map(view),
      columns: columns.filter((column) => column.leaderboardId === row.leaderboardId && isShown(column)),
      canManage,
      reasons,
    });
  };
  const byId = new Map(families.map((row) => [row.id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    return row ? [view(row)] : [];
  });
}

function toView(
  row: SubmissionRow,
  {
    runs,
    scores,
    changes,
    children,
    columns,
    canManage,
    reasons,
  }: {
    runs: RunRow[];
    scores: ScoreRow[];
    changes: SubmissionChange[];
    children: SubmissionView[];
    columns: ColumnRow[];
    canManage: boolean;
    reasons: ReadonlyMap<number, string>;
  },
): SubmissionView {
  const waiting = [
    ...runs.map((run) => waitingReason(run, reasons)),
    ...children.map((child) => child.waiting),
  ].filter((reason) => reason !== null);
  return {
    id: row.id,
    competitionId: row.competitionId,
    phaseId: row.phaseId,
    phaseName: row.phaseName,
    owner: row.owner,
    name: row.name,
    description: row.description,
    fileName: row.fileName,
    status: row.status,
    version: row.version,
    createdAt: row.createdAt,
    finishedAt: row.finishedAt,
    deletedAt: row.deletedAt,
    parentId: row.parentId,
    taskId: row.taskId,
    taskKey: row.taskKey,
    taskName: row.taskName,
    taskVersion: row.taskId === null ? null : row.taskVersion,
    isOfFormerVersion: row.isOfFormerVersion || children.some((child) => child.isOfFormerVersion),
    leaderboardId: row.leaderboardId,
    onLeaderboard: row.onLeaderboard,
    isPublic: row.isPublic,
    isSpecificTaskReRun: row.isSpecificTaskReRun,
    isRehearsal: row.isRehearsal,
    factSheetAnswers: row.factSheetAnswers,
    explanation: row.status === 'Failed' ? explain(row.failureCode, row.fault) : null,
    waiting:
      row.status === 'Submitting'
        ? 'Waiting for an organizer to start it'
        : [...new Set(waiting)].join('; ') || null,
    scores: scores.map(toScore),
    changes: changes.map(({ submissionId: _, isHidden: __, ...change }) => change),
    sites: toSitesView(row.isRehearsal ? null : row.siteRule, runs, row.finishedAt),
    runs: runs.map((run) =>
      toRun(run, columns, ownScores(row.siteRule, run, { asked: runs.length, canManage })),
    ),
    children,
  };
}

/** What holds up a run, whether it waits for a node or a node waits for people. */
function waitingReason(
  { siteTitle: site, ...run }: RunRow,
  reasons: ReadonlyMap<number, string>,
): string | null {
  return waitSentence({ ...run, site }) ?? reasons.get(run.id) ?? null;
}

function toScore({ value, ...column }: ScoreRow): ScoreView {
  const { columnId, index, columnKey, title, precision, isPrimary } = column;
  const raw = Number(value);
  return { columnId, index, columnKey, title, precision, isPrimary, value: raw.toFixed(precision), raw };
}

/** @param shown the run's scores as far as they may be seen; columns that are hidden from a viewer are hidden here too */
function toRun(
  run: RunRow,
  columns: readonly ColumnRow[],
  shown: Readonly<Record<string, number>> | null,
): RunView {
  const { id, siteName, siteTitle, state, attempt, startedAt, finishedAt } = run;
  return {
    id,
    site: siteName === null ? null : { name: siteName, title: siteTitle ?? siteName },
    state,
    attempt,
    startedAt,
    finishedAt,
    scores: columns.flatMap(({ columnKey, title, precision }) => {
      const value = shown?.[columnKey];
      return value === undefined ? [] : [{ columnKey, title, value: value.toFixed(precision) }];
    }),
    scoresKeptBack: run.scores !== null && shown === null,
    explanation: explain(run.failureCode, run.fault),
  };
}
