import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Actor } from '../accounts/access.ts';
import type { HubContext } from '../context/context.ts';
import { authenticate } from '../http/authentication.ts';
import { NoSuchAddressError } from './errors.ts';

/** Forms send everything as text, JSON does not; both are accepted everywhere. */
export const number = z
  .union(
    [
      z.number(),
      z
        .string()
        .regex(/^\s*\d+\s*$/)
        .transform(Number),
    ],
    {
      error: ({ input }) =>
        input === undefined ? 'This field is required.' : 'A valid integer is required.',
    },
  )
  .pipe(z.int());
export const flag = z.union([z.boolean(), z.stringbool()]);

/** The number in an address. @throws NoSuchAddressError */
export const idParams = {
  parse(params: unknown): { id: number } {
    const { data, success } = idInAddress.safeParse(params);
    if (!success) throw new NoSuchAddressError();
    return data;
  },
};
const idInAddress = z.object({ id: number.pipe(z.int32().positive()) });

/** What each handler of the REST API is given: who asks, and addresses that work outside of it. */
export interface RestRequest {
  readonly hub: HubContext;
  readonly actor: Actor;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Scheme and host as the client has them, for addresses in answers. */
  readonly origin: string;
  /** The whole address of a file, good for this person for a day without logging in. */
  fileUrl(path: string): string;
}

export type RestHandler = (rest: RestRequest) => Promise<unknown>;

/** The REST API's routes, each beginning with finding out who asks. */
export class RestRoutes {
  readonly #app: FastifyInstance;
  readonly #hub: HubContext;

  constructor(app: FastifyInstance, hub: HubContext) {
    this.#app = app;
    this.#hub = hub;
  }

  get(url: string, handler: RestHandler): void {
    this.#add('GET', url, handler);
  }

  post(url: string, handler: RestHandler): void {
    this.#add('POST', url, handler);
  }

  put(url: string, handler: RestHandler): void {
    this.#add('PUT', url, handler);
  }

  delete(url: string, handler: RestHandler): void {
    this.#add('DELETE', url, handler);
  }

  #add(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, handler: RestHandler): void {
    const hub = this.#hub;
    this.#app.route({
      method,
      url,
      async handler(request, reply) {
        const actor = await authenticate(hub, request, reply);
        const origin = originFor(request, hub.config.publicUrl);
        const fileUrl = (path: string) =>
          origin + (actor.kind === 'user' ? hub.links.sign('GET', path, actor.user.id) : path);
        return handler({ hub, actor, request, reply, origin, fileUrl });
      },
    });
  }
}

/** The public address; or, for a client that came another way, such as by the machine's own name, that way. */
function originFor({ protocol, host }: FastifyRequest, publicUrl: string): string {
  return new URL(publicUrl).host === host ? publicUrl : `${protocol}://${host}`;
}
