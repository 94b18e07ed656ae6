import type { FastifyReply } from 'fastify';
import { csvLine } from '../dumps/csv.ts';
import type { SubmissionView } from '../submissions/view.ts';

const HEADINGS = ['Submission ID', 'File Name', 'Owner', 'Created When', 'Status', 'Phase'];

/** A list of submissions as Codabench's table of them. */
export function sendTable(reply: FastifyReply, submissions: readonly SubmissionView[]) {
  const lines = submissions.map(({ id, fileName, owner, createdAt, status, phaseName }) =>
    csvLine([id, fileName, owner, createdAt, status, phaseName]),
  );
  return reply.type('text/csv; charset=utf-8').send([csvLine(HEADINGS), ...lines].join(''));
}
