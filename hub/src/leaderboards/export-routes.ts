import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HubContext } from '../context/context.ts';
import { authenticate } from '../http/authentication.ts';
import { BOARD_FORMATS, boardFile, describeBoardFile } from './board-file.ts';

const params = z.object({
  phaseId: z.coerce.number().int().positive(),
  format: z.enum(BOARD_FORMATS),
});
const query = z.object({ split: z.string().max(100).optional() });

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
        await pipeline(
          boardFile(format, { board, rows, source: null }),
          createWriteStream(path, { flags: 'wx' }),
        );
        return [board.key, phaseId, split].filter((part) => part !== undefined).join('-');
      });
      const file = createReadStream(path);
      file.once('close', () => rm(folder, { recursive: true, force: true }).catch(() => {}));
      return describeBoardFile(reply, name, format)
        .header('content-length', (await stat(path)).size)
        .send(file);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  });
}
