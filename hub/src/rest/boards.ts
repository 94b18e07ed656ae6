import { z } from 'zod';
import type { CompetitionDetail } from '../competitions/detail.ts';
import type { ColumnView } from '../leaderboards/column-view.ts';
import type { BoardRow } from '../leaderboards/row.ts';
import type { BoardView } from '../leaderboards/view.ts';
import { one } from './answers.ts';
import { scoresByTask } from './board-scores.ts';
import { toColumn } from './competition-shape.ts';
import { NoSuchAddressError } from './errors.ts';
import { readAll } from './paging.ts';
import { findPhase } from './phases.ts';
import { idParams, type RestRequest } from './request.ts';
import type { RestRoutes } from './rest-routes.ts';
import { fromScoreId, toScoreId } from './score-id.ts';

/** Codabench has no pages here; a board that is longer is cut. */
const MOST_ROWS = 10_000;

const newScore = z.object({
  score: z.coerce.number({ error: 'A valid number is required.' }).gt(-1e10).lt(1e10),
  reason: z.string().trim().min(1).max(1_000).default('Edited through the API'),
});

export function boardRoutes(routes: RestRoutes): void {
  routes.get(
    '/phases/:id/get_leaderboard',
    { summary: 'The board of a phase, task by task', access: 'anybody', answer: one('Board') },
    async (rest) => {
      const { phase, competition } = await findPhase(rest);
      const { board, rows } = await readBoard(rest, phase.id);
      const columns = board.columns.map(toColumn);
      return {
        id: phase.id,
        title: board.title,
        primary_index: board.columns.find(({ isPrimary }) => isPrimary)?.index ?? 0,
        fact_sheet_keys: shownQuestions(competition),
        tasks: phase.tasks.map(({ id, name }) => ({ id, name, colWidth: columns.length, columns })),
        submissions: rows.map((row) => toRow(row, board.columns, rest.fileUrl)),
      };
    },
  );

  routes.get(
    '/leaderboards/:id',
    { summary: 'Entries of a board, of all phases that share it', access: 'anybody', answer: one('Entries') },
    async (rest) => {
      const phases = await rest.hub.leaderboards.phasesOf(idParams.parse(rest.request.params).id);
      if (phases.length === 0) throw new NoSuchAddressError();
      const submissions: object[] = [];
      for (const phaseId of phases) {
        const { board, rows } = await readBoard(rest, phaseId);
        submissions.push(
          ...rows.map((row) => ({ ...toRow(row, board.columns, rest.fileUrl), phase: phaseId })),
        );
      }
      return { submissions };
    },
  );

  const edit = async ({ hub, actor, request, body }: RestRequest<unknown, z.infer<typeof newScore>>) => {
    const { submissionId, index } = fromScoreId(request.params);
    const { scores } = await hub.submissions.get(actor, submissionId);
    const edited = scores.find((score) => score.index === index);
    if (!edited) throw new NoSuchAddressError();
    const { columnKey } = edited;
    await hub.submissions.editScore(actor, submissionId, {
      columnKey,
      value: body.score,
      reason: body.reason,
    });
    const id = toScoreId(submissionId, index);
    return { id, index, column_key: columnKey, score: body.score.toFixed(10) };
  };
  const operation = {
    summary: 'Put another score in place of one; who did so and why is kept',
    body: newScore,
    answer: one('Score'),
  };
  routes.patch('/submission_scores/:id', operation, edit);
  routes.put('/submission_scores/:id', operation, edit);
}

async function readBoard(
  { hub, actor }: RestRequest,
  phaseId: number,
): Promise<{ board: BoardView; rows: BoardRow[] }> {
  const board = await hub.leaderboards.get(actor, { phaseId, limit: 1 });
  const rows = await readAll(MOST_ROWS, async (cursor) => {
    const page = await hub.leaderboards.get(actor, { phaseId, cursor, limit: 500 });
    return { items: page.rows, nextCursor: page.nextCursor };
  });
  return { board, rows };
}

/** Key and title of each question whose answers the board shows; null without any. */
function shownQuestions({ factSheet }: CompetitionDetail): [key: string, title: string][] | null {
  const shown = (factSheet ?? []).filter(({ isOnLeaderboard }) => isOnLeaderboard);
  return shown.length > 0 ? shown.map(({ key, title }) => [key, title]) : null;
}

function toRow(row: BoardRow, columns: readonly ColumnView[], fileUrl: (path: string) => string) {
  return {
    id: row.submissionId,
    rank: row.rank,
    owner: row.owner ?? row.displayName,
    display_name: row.displayName,
    slug_url: null,
    organization: null,
    created_when: row.submittedAt,
    fact_sheet_answers: row.factSheetAnswers,
    scores: toScores(row, columns),
    detailed_results: row.perTask.flatMap(({ taskId, submissionId, detailedResultUrl }) =>
      detailedResultUrl ? [{ task: taskId, id: submissionId, url: fileUrl(detailedResultUrl) }] : [],
    ),
  };
}

function toScores(row: BoardRow, columns: readonly ColumnView[]) {
  return scoresByTask(row).flatMap(({ scores, taskId, submissionId }) =>
    columns.flatMap(({ index, key, precision, isPrimary }) =>
      scores[key] === undefined
        ? []
        : [
            {
              id: toScoreId(submissionId, index),
              index,
              column_key: key,
              score: scores[key],
              precision,
              is_primary: isPrimary,
              task_id: taskId,
            },
          ],
    ),
  );
}
