import type { SubmissionDetail } from '../submissions/detail.ts';
import type { LogStreamName, RunLogs } from '../submissions/logs.ts';
import type { ScoreView, SubmissionView } from '../submissions/view.ts';
import type { toBoard } from './competition-shape.ts';
import { toScoreId } from './score-id.ts';

export function toSubmission(submission: SubmissionView) {
  return {
    pk: submission.id,
    id: submission.id,
    name: submission.name,
    phase: submission.phaseId,
    phase_name: submission.phaseName,
    task: toTask(submission),
    parent: submission.parentId,
    children: submission.children.map(({ id }) => id),
    has_children: submission.children.length > 0,
    filename: submission.fileName,
    description: submission.description,
    created_when: submission.createdAt,
    owner: submission.owner,
    status: submission.status,
    status_details: statusDetails(submission),
    is_public: submission.isPublic,
    is_specific_task_re_run: submission.isSpecificTaskReRun,
    is_rehearsal: submission.isRehearsal,
    is_soft_deleted: false,
    auto_run: submission.status !== 'Submitting',
    can_make_submissions_public: false,
    scores: toScores(submission),
    fact_sheet_answers: submission.factSheetAnswers,
    leaderboard: submission.onLeaderboard ? submission.leaderboardId : null,
    on_leaderboard: submission.onLeaderboard,
  };
}

/** What creating one answers; the date is as scripts expect it, in UTC. */
export function toCreated(submission: SubmissionView, { data, md5 }: { data: string; md5: string }) {
  return {
    id: submission.id,
    data,
    phase: submission.phaseId,
    status: submission.status,
    status_details: statusDetails(submission),
    filename: submission.fileName,
    description: submission.description,
    md5,
    fact_sheet_answers: submission.factSheetAnswers,
    organization: null,
    queue: null,
    created_when: submission.createdAt.toISOString().slice(0, 16).replace('T', ' '),
    scores: toScores(submission),
  };
}

/** All that there can be, those without a line too: scripts look for one by its name. */
const LOGS = [
  'prediction_stdout',
  'prediction_stderr',
  'prediction_ingestion_stdout',
  'prediction_ingestion_stderr',
  'scoring_stdout',
  'scoring_stderr',
  'scoring_ingestion_stdout',
  'scoring_ingestion_stderr',
] as const satisfies readonly LogStreamName[];

export function toDetails(
  submission: SubmissionDetail,
  logs: readonly (RunLogs & { runId: number })[],
  boards: readonly ReturnType<typeof toBoard>[],
  fileUrl: (path: string) => string,
) {
  const urlOf = (kind: string) => {
    const file = submission.files.find((file) => file.kind === kind);
    return file ? fileUrl(file.url) : null;
  };
  return {
    logs: logs.flatMap(({ runId, permitted }) =>
      (permitted ? LOGS : []).map((name) => ({ name, data_file: fileUrl(`/files/logs/${runId}/${name}`) })),
    ),
    data_file: urlOf('submission'),
    prediction_result: urlOf('prediction_result'),
    scoring_result: urlOf('scoring_result'),
    detailed_result: urlOf('detailed_result'),
    leaderboards: boards.filter(({ id }) => id === submission.leaderboardId),
    fact_sheet_answers: submission.factSheetAnswers,
  };
}

function toTask({ taskId, taskKey, taskName }: SubmissionView) {
  return taskId === null ? null : { id: taskId, key: taskKey, name: taskName };
}

/** Of a submission with several tasks, the scores of all, as they are collected there. */
function toScores({ id, scores, children }: SubmissionView): object[] {
  return [...scores.map((score) => toScore(id, score)), ...children.flatMap(toScores)];
}

/** Ten decimals, as they are stored. */
function toScore(submissionId: number, { index, columnKey, precision, isPrimary, raw }: ScoreView) {
  return {
    id: toScoreId(submissionId, index),
    index,
    column_key: columnKey,
    score: raw.toFixed(10),
    precision,
    is_primary: isPrimary,
  };
}

function statusDetails({ explanation, waiting }: SubmissionView): string | null {
  return explanation?.sentence ?? waiting;
}
