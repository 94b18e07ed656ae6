import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as contentDisposition from 'content-disposition';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HubContext } from '../context/context.ts';
import { authenticate } from '../http/authentication.ts';
import { INERT } from '../http/send-blob.ts';
import { zipStream } from '../storage/archive/index.ts';
import { toCsv, toJson, type WholeBoard } from './export.ts';

const params = z.object({
  phaseId: z.coerce.number().int().positive(),
  format: z.enum(['csv', 'json', 'zip']),
});
const query = z.object({ split: z.string().max(100).optional() });

type Format = z.infer<typeof params>['format'];

const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  zip: 'application/zip',
};

/**
 * A phase's board, or a split of it, as whoever asks sees it: all entries as they are at one moment. It is written to a file first: while it is
 * read a transaction is open, and how fast somebody takes it is theirs to say.
 */
export async function boardRoutes(app: FastifyInstance, context: HubContext): Promise<void> {
  app.get('/files/leaderboards/:phaseId/:format', async (request, reply) => {
    const { phaseId, format } = params.parse(request.params);
    const { split } = query.parse(request.query);
    const actor = await authenticate(context, request, reply);
    const folder = await mkdtemp(join(tmpdir(), 'weir-board-'));
    const path = join(folder, 'board');
    try {
      const name = await context.leaderboards.whole(actor, { phaseId, split }, async (board, rows) => {
        await pipeline(streamOf(format, { board, rows }), createWriteStream(path, { flags: 'wx' }));
        return [board.key, phaseId, split].filter((part) => part !== undefined).join('-');
      });
      const file = createReadStream(path);
      file.once('close', () => rm(folder, { recursive: true, force: true }).catch(() => {}));
      return reply
        .header('content-security-policy', INERT)
        .header('content-disposition', contentDisposition.create(`${name}.${format}`))
        .header('content-length', (await stat(path)).size)
        .header('cache-control', 'private, no-store')
        .type(MEDIA_TYPES[format])
        .send(file);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  });
}

function streamOf(format: Format, whole: WholeBoard): Readable {
  switch (format) {
    case 'csv':
      return Readable.from(toCsv(whole));
    case 'json':
      return Readable.from(toJson(whole));
    case 'zip':
      return zipStream([
        { name: 'leaderboard.csv', open: async () => Readable.from(toCsv(whole)) },
        { name: 'leaderboard.json', open: async () => Readable.from(toJson(whole)) },
      ]);
    default:
      return format satisfies never;
  }
}
