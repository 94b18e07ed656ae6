import { Readable } from 'node:stream';
import * as contentDisposition from 'content-disposition';
import { z } from 'zod';
import type { CompetitionDetail, PhaseDetail } from '../competitions/detail.ts';
import { OrganizersOnlyError } from '../competitions/errors.ts';
import { csvLine } from '../dumps/csv.ts';
import { zipStream } from '../storage/archive/index.ts';
import { scoresByTask } from './board-scores.ts';
import { NoSuchAddressError, SeveralBoardsError } from './errors.ts';
import { filter, idParams, number, type RestRequest } from './request.ts';
import type { RestRoutes } from './rest-routes.ts';

const phaseQuery = z.object({ phase: filter(number) });

/** Title of a board -> "owner-submission" -> title of a column -> score, as text; missing ones are empty. */
type Results = Record<string, Record<string, Record<string, unknown>>>;

/** Whole boards as files, for organizers. */
export function resultRoutes(routes: RestRoutes): void {
  for (const path of ['results', 'results.json'] as const)
    routes.get(
      `/competitions/:id/${path}`,
      { summary: 'The boards of all phases, or of one', query: phaseQuery },
      async (rest) => readResults(rest, rest.query.phase),
    );

  routes.get(
    '/competitions/:id/results.csv',
    { summary: 'The board of a phase as a table', query: phaseQuery, answer: { type: 'string' } },
    async (rest) => {
      const boards = Object.entries(await readResults(rest, rest.query.phase));
      const [board] = boards;
      if (!board || boards.length > 1) throw new SeveralBoardsError();
      const [title, rows] = board;
      return download(rest, `${title}.csv`, 'text/csv; charset=utf-8').send(toTable(rows));
    },
  );

  routes.get(
    '/competitions/:id/results.zip',
    {
      summary: 'The boards of all phases, or of one, as tables in an archive',
      query: phaseQuery,
      answer: { type: 'string', contentMediaType: 'application/zip' },
    },
    async (rest) => {
      const results = await readResults(rest, rest.query.phase);
      const members = Object.entries(results).map(([title, rows]) => {
        const content = Buffer.from(toTable(rows));
        const name = `${title.replace(/[\\/:]/g, '_')}.csv`;
        return { name, size: content.length, open: async () => Readable.from([content]) };
      });
      return download(rest, 'results.zip', 'application/zip').send(zipStream(members));
    },
  );
}

async function readResults(rest: RestRequest, phaseId: number | undefined): Promise<Results> {
  const { hub, actor, request } = rest;
  const { id } = idParams.parse(request.params);
  const competition = await hub.competitions.get(actor, id);
  if (!competition.canManage) throw new OrganizersOnlyError();
  const results: Results = {};
  for (const phase of phasesAskedFor(competition, phaseId)) {
    await hub.leaderboards.whole(actor, { phaseId: phase.id }, async ({ title, columns, tasks }, rows) => {
      const titleOf = (taskId: number, column: string) =>
        `${tasks.find(({ id }) => id === taskId)?.name ?? ''}(${taskId})-${column}`;
      const board: Results[string] = {};
      for await (const row of rows()) {
        const line: Record<string, unknown> = row.factSheetAnswers
          ? { fact_sheet_answers: row.factSheetAnswers }
          : {};
        for (const { id } of tasks) for (const column of columns) line[titleOf(id, column.title)] = '';
        for (const { taskId, scores } of scoresByTask(row))
          for (const column of columns) line[titleOf(taskId, column.title)] = scores[column.key] ?? '';
        board[`${row.owner ?? row.displayName}-${row.submissionId}`] = line;
      }
      results[`${title} - ${phase.name}(${phase.id})`] = board;
    });
  }
  return results;
}

function phasesAskedFor({ phases }: CompetitionDetail, phaseId: number | undefined): PhaseDetail[] {
  if (phaseId === undefined) return phases;
  const phase = phases.find(({ id }) => id === phaseId);
  if (!phase) throw new NoSuchAddressError();
  return [phase];
}

function toTable(rows: Results[string]): string {
  const names = [...new Set(Object.values(rows).flatMap((row) => Object.keys(row)))].filter(
    (name) => name !== 'fact_sheet_answers',
  );
  const lines = Object.entries(rows).map(([who, row]) =>
    csvLine([who, cell(row.fact_sheet_answers), ...names.map((name) => cell(row[name]))]),
  );
  return [csvLine(['Username', 'fact_sheet_answers', ...names]), ...lines].join('');
}

function cell(value: unknown): string | object {
  return typeof value === 'object' && value !== null ? value : String(value ?? '');
}

function download({ reply }: RestRequest, fileName: string, mediaType: string) {
  return reply
    .header('content-disposition', contentDisposition.create(fileName))
    .header('cache-control', 'private, no-store')
    .type(mediaType);
}
