import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { namedSchemas } from './answers.ts';

const ABOUT = `The REST API of a Weir hub. Paths, bodies, answers and errors are those of Codabench, so that scripts and tools
written for it work here unchanged. Paths end with a slash or not; bodies are JSON or forms.`;

/**
 * Gathers the description of all routes that are added afterwards, and serves it. The routes check by their own zod schemas what comes in, after they
 * know who asks: what is described here is made of the same schemas, and Fastify itself neither checks nor changes anything by it.
 */
export async function describeApi(app: FastifyInstance): Promise<void> {
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Weir', version: '1', description: ABOUT },
      components: {
        securitySchemes: {
          token: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description: 'Token, a blank, and an API token: from the account page, or from api-token-auth',
          },
          session: { type: 'apiKey', in: 'cookie', name: 'sessionid' },
        },
      },
    },
    refResolver: {
      buildLocalReference: ({ $id }, _, __, index) => (typeof $id === 'string' ? $id : `schema-${index}`),
    },
  });
  for (const schema of namedSchemas()) app.addSchema(schema);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
