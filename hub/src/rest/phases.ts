import type { CompetitionDetail } from '../competitions/detail.ts';
import type { BoardRow } from '../leaderboards/service.ts';
import { toColumn, toPhase } from './competition-shape.ts';
import { readAll } from './paging.ts';
import { idParams, type RestRequest, type RestRoutes } from './request.ts';

/** Codabench has no pages here; a board that is longer is cut. */
const MOST_ROWS = 10_000;

export function phaseRoutes(routes: RestRoutes): void {
  routes.get('/phases/:id', async (rest) => {
    const { phase, competition } = await findPhase(rest);
    return { ...toPhase(phase, competition.phases, rest.fileUrl), competition: competition.id };
  });

  routes.get('/phases/:id/get_leaderboard', async (rest) => {
    const { phase, competition } = await findPhase(rest);
    const { hub, actor } = rest;
    const board = await hub.leaderboards.get(actor, { phaseId: phase.id, limit: 1 });
    const rows = await readAll(MOST_ROWS, async (cursor) => {
      const page = await hub.leaderboards.get(actor, { phaseId: phase.id, cursor, limit: 500 });
      return { items: page.rows, nextCursor: page.nextCursor };
    });
    const columns = board.columns.map(toColumn);
    return {
      id: phase.id,
      title: board.title,
      primary_index: board.columns.find(({ isPrimary }) => isPrimary)?.index ?? 0,
      fact_sheet_keys: shownQuestions(competition),
      tasks: phase.tasks.map(({ id, name }) => ({ id, name, colWidth: columns.length, columns })),
      submissions: rows.map((row) => toRow(row, board.columns, rest.fileUrl)),
    };
  });
}

/** Key and title of each question whose answers the board shows; null without any. */
function shownQuestions({ factSheet }: CompetitionDetail): [key: string, title: string][] | null {
  const shown = (factSheet ?? []).filter(({ isOnLeaderboard }) => isOnLeaderboard);
  return shown.length > 0 ? shown.map(({ key, title }) => [key, title]) : null;
}

async function findPhase({ hub, actor, request }: RestRequest) {
  const { id } = idParams.parse(request.params);
  const reached = await hub.competitions.gate.viewPhase(actor, id);
  const competition = await hub.competitions.get(actor, reached.competition.id);
  return { competition, phase: competition.phases.find((phase) => phase.id === id)! };
}

function toRow(
  row: BoardRow,
  columns: readonly { readonly id: number; readonly index: number; readonly key: string }[],
  fileUrl: (path: string) => string,
) {
  return {
    id: row.submissionId,
    owner: row.owner,
    display_name: row.displayName,
    slug_url: null,
    organization: null,
    created_when: row.submittedAt,
    fact_sheet_answers: row.factSheetAnswers,
    scores: row.perTask.flatMap(({ scores, taskId }) =>
      columns.flatMap(({ id, index, key }) =>
        scores[key] === undefined
          ? []
          : [{ id, index, column_key: key, score: scores[key], task_id: taskId }],
      ),
    ),
    detailed_results: row.perTask.flatMap(({ taskId, submissionId, detailedResultUrl }) =>
      detailedResultUrl ? [{ task: taskId, id: submissionId, url: fileUrl(detailedResultUrl) }] : [],
    ),
  };
}
