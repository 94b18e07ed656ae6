import * as contentDisposition from 'content-disposition';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HubContext } from '../../../context/context.ts';
import { authenticate } from '../../../http/authentication.ts';
import { INERT, REPORT } from '../../../http/send-blob.ts';
import { BOARD_FORMATS, boardFile, describeBoardFile } from '../../../leaderboards/board-file.ts';
import { FILE_KINDS } from '../../../submissions/files.ts';
import { hubName } from '../../hub-document.ts';
import { PHASE_FILES } from '../wire/file.ts';
import type { PeerFile } from './files.ts';

const id = z.coerce.number().int().min(1).max(2_147_483_647);
const submissionId = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const which = z.object({ hub: hubName, id });
const phaseFile = which.extend({ phaseId: id, kind: z.enum(PHASE_FILES) });
const shown = which.extend({ submissionId });
const boardParams = which.extend({ phaseId: id, format: z.enum(BOARD_FORMATS) });
const boardQuery = z.object({ split: z.string().max(100).optional() });
const own = z.object({ id, submissionId });

/** Files of peers, through this hub: whoever takes part there needs no session there. Reports stay apart from the portal as those of this hub do. */
export async function peerFileRoutes(app: FastifyInstance, context: HubContext): Promise<void> {
  const { files } = context.participation;

  async function send(reply: FastifyReply, file: PeerFile, isReport: boolean): Promise<FastifyReply> {
    const left = new AbortController();
    reply.raw.once('close', () => left.abort());
    const bytes = await file.open(AbortSignal.any([left.signal, context.stopping]));
    if (!isReport) reply.header('content-disposition', contentDisposition.create(file.fileName));
    return reply
      .header('content-security-policy', isReport ? REPORT : INERT)
      .header('cache-control', 'private, no-store')
      .header('content-length', file.size)
      .type(isReport ? 'text/html; charset=utf-8' : 'application/octet-stream')
      .send(bytes);
  }
  const actorOf = (request: FastifyRequest, reply: FastifyReply) => authenticate(context, request, reply);

  app.get('/files/peers/:hub/:id/phases/:phaseId/:kind', async (request, reply) => {
    const file = await files.ofPhase(await actorOf(request, reply), phaseFile.parse(request.params));
    return send(reply, file, false);
  });

  app.get('/files/peers/:hub/:id/boards/:phaseId/:format', async (request, reply) => {
    const { format, ...of } = boardParams.parse(request.params);
    const { split } = boardQuery.parse(request.query);
    const reading = await context.participation.wholeBoard({ ...of, split });
    const { rows, nextCursor, ...board } = reading.content;
    const complete = nextCursor === null && rows.length >= board.total;
    const source = { hub: of.hub, competition: of.id, readAt: reading.asOf, complete };
    const name = [
      of.hub,
      board.key,
      board.phaseId,
      split,
      complete ? undefined : `first-${rows.length}-of-${board.total}`,
    ]
      .filter((part) => part !== undefined)
      .join('-');
    return describeBoardFile(reply, name, format).send(
      boardFile(format, { board, rows: () => rows, source }),
    );
  });

  app.get('/files/peers/:hub/:id/submissions/:submissionId', async (request, reply) => {
    const file = await files.shown({ ...shown.parse(request.params), kind: 'submission' });
    return send(reply, file, false);
  });

  app.get('/reports/peers/:hub/:id/:submissionId', async (request, reply) => {
    const file = await files.shown({ ...shown.parse(request.params), kind: 'detailed_result' });
    return send(reply, file, true);
  });

  app.get('/files/peer-submissions/:id/:submissionId/:kind', async (request, reply) => {
    const wanted = own.extend({ kind: z.enum(FILE_KINDS) }).parse(request.params);
    return send(reply, await files.ofOwn(await actorOf(request, reply), wanted), false);
  });

  app.get('/reports/peer-submissions/:id/:submissionId', async (request, reply) => {
    const wanted = { ...own.parse(request.params), kind: 'detailed_result' } as const;
    return send(reply, await files.ofOwn(await actorOf(request, reply), wanted), true);
  });
}
