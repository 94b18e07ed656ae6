import type { MultipartFile } from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify';
import { z } from 'zod';
import { requireUser } from '../accounts/access.ts';
import type { HubContext } from '../context/context.ts';
import { authenticate } from '../http/authentication.ts';
import { ActionNeedsTokenError, MethodRefusedError } from './errors.ts';
import { readForm } from './form.ts';
import { toJsonSchema } from './json-schema.ts';
import type { RestRequest } from './request.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** It answers that the address does not take the method, and does nothing. */
    isRefusal?: boolean;
  }
}

/** One operation of the API: what it takes and answers is checked and described by the same schemas. */
export interface Operation<Query, Body> {
  readonly summary: string;
  /** `user`: whoever is not logged in is told so before anything else. */
  readonly access?: 'user' | 'anybody';
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** What comes with a successful answer, as a JSON schema. */
  readonly answer?: object;
  readonly status?: 200 | 201 | 204;
  /** Changes something, by GET: a page of another site could make a browser send that, so a session is not enough for it. */
  readonly changes?: boolean;
  /** What becomes of a file in a form: fields of the body. Files that nobody takes are read and forgotten. */
  takeFile?(rest: RestRequest, file: MultipartFile): Promise<Record<string, unknown>>;
}

export type RestHandler<Query, Body> = (rest: RestRequest<Query, Body>) => Promise<unknown>;
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The REST API's routes, each beginning with finding out who asks. */
export class RestRoutes {
  readonly #app: FastifyInstance;
  readonly #hub: HubContext;
  readonly #methods = new Map<string, Method[]>();

  constructor(app: FastifyInstance, hub: HubContext) {
    this.#app = app;
    this.#hub = hub;
  }

  get<Query, Body>(url: string, operation: Operation<Query, Body>, handler: RestHandler<Query, Body>): void {
    this.#add('GET', url, operation, handler);
  }

  post<Query, Body>(url: string, operation: Operation<Query, Body>, handler: RestHandler<Query, Body>): void {
    this.#add('POST', url, operation, handler);
  }

  put<Query, Body>(url: string, operation: Operation<Query, Body>, handler: RestHandler<Query, Body>): void {
    this.#add('PUT', url, operation, handler);
  }

  patch<Query, Body>(
    url: string,
    operation: Operation<Query, Body>,
    handler: RestHandler<Query, Body>,
  ): void {
    this.#add('PATCH', url, operation, handler);
  }

  delete<Query, Body>(
    url: string,
    operation: Operation<Query, Body>,
    handler: RestHandler<Query, Body>,
  ): void {
    this.#add('DELETE', url, operation, handler);
  }

  /** Once all are there: what an address takes is told to whoever asks, or tries another method. */
  refuseOtherMethods(): void {
    for (const [url, methods] of this.#methods) {
      const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
      this.#app.route({
        method: METHODS.filter((method) => method === 'OPTIONS' || !allow.includes(method)),
        url,
        config: { isRefusal: true },
        schema: { hide: true },
        async handler({ method }, reply) {
          reply.header('allow', allow.join(', '));
          if (method !== 'OPTIONS') throw new MethodRefusedError(method);
          return { name: url, renders: ['application/json'], parses: PARSES };
        },
      });
    }
  }

  #add<Query, Body>(
    method: Method,
    url: string,
    operation: Operation<Query, Body>,
    handler: RestHandler<Query, Body>,
  ): void {
    const hub = this.#hub;
    this.#methods.set(url, [...(this.#methods.get(url) ?? []), method]);
    this.#app.route({
      method,
      url,
      schema: describe(url, operation),
      async handler(request, reply) {
        const actor = await authenticate(hub, request, reply);
        if (operation.access !== 'anybody') requireUser(actor);
        if (operation.changes && actor.kind === 'user' && actor.via !== 'token')
          throw new ActionNeedsTokenError();
        const origin = originFor(request, hub.config.publicUrl);
        const fileUrl = (path: string) =>
          origin + (actor.kind === 'user' ? hub.links.sign('GET', path, actor.user.id) : path);
        const rest = { hub, actor, request, reply, origin, fileUrl, query: undefined, body: undefined };
        const query = (operation.query ?? nothing).parse(request.query) as Query;
        const sent = request.isMultipart()
          ? await readForm(request, (file) => operation.takeFile?.(rest, file))
          : request.body;
        const body = (operation.body ?? nothing).parse(sent ?? {}) as Body;
        reply.code(operation.status ?? 200);
        return handler({ ...rest, query, body });
      },
    });
  }
}

/** What an operation does not look at it does not refuse. */
const nothing = z.unknown();
const PARSES = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];

/** For the description of the API alone: what comes in is checked by the schemas themselves, what goes out is not changed by any. */
function describe<Query, Body>(url: string, operation: Operation<Query, Body>) {
  const { summary, query, body, answer, status = 200, access } = operation;
  const names = [...url.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  return {
    summary,
    tags: [url.split('/')[1]!],
    ...(names.length > 0 && {
      params: {
        type: 'object',
        properties: Object.fromEntries(
          names.map((name) => [name, { type: name === 'id' ? 'integer' : 'string' }]),
        ),
        required: names,
      },
    }),
    ...(query && { querystring: toJsonSchema(query) }),
    ...(body && { body: toJsonSchema(body), consumes: PARSES }),
    response: {
      [status]: answer ?? (status === 204 ? { type: 'null', description: 'Done.' } : { type: 'object' }),
      '4xx': { $ref: 'Error#' },
    },
    security: access === 'anybody' ? [{}, { token: [] }, { session: [] }] : [{ token: [] }, { session: [] }],
  };
}

/** The public address; or, for a client that came another way, such as by the machine's own name, that way. */
function originFor({ protocol, host }: FastifyRequest, publicUrl: string): string {
  return new URL(publicUrl).host === host ? publicUrl : `${protocol}://${host}`;
}
