import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';

const ASSETS = [
  { file: 'console.css', type: 'text/css; charset=utf-8' },
  { file: 'console.js', type: 'text/javascript; charset=utf-8' },
] as const;

export async function assetRoutes(app: FastifyInstance): Promise<void> {
  for (const { file, type } of ASSETS) {
    const content = await readFile(new URL(`../assets/${file}`, import.meta.url));
    app.get(`/assets/${file}`, { config: { access: 'public' } }, (_request, reply) =>
      reply.type(type).header('cache-control', 'no-cache').send(content),
    );
  }
}
