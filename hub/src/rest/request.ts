import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Actor } from '../accounts/access.ts';
import type { HubContext } from '../context/context.ts';
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

/** A field of Codabench for what is not here: empty, as its clients send it, or refused. Nothing that somebody asks for is left undone in silence. */
export function nothingSent(error: string) {
  const isNothing = (value: unknown) =>
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  return z.unknown().refine(isNothing, { error }).optional();
}

/** A filter of a list that cannot be understood is left out, as there. */
export function filter<Value>(schema: z.ZodType<Value>) {
  return schema.optional().catch(undefined);
}

/** Numbers of things; one value of a form is no list. */
export const numbers = z.preprocess(
  (value) => (value === '' ? [] : [value ?? []].flat()),
  z.array(number).max(1_000),
);

/** Numbers of things: a list as the body, or as a field of it. */
export const many = z.preprocess(
  (sent) => (Array.isArray(sent) ? { pks: sent } : sent),
  z.object({ pks: numbers, 'pks[]': numbers.optional() }),
);

/** A form carries an object as the text of its JSON. */
export function parseJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value === '') return null;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The number in an address. @throws NoSuchAddressError */
export const idParams = {
  parse(params: unknown): { id: number } {
    const { data, success } = idInAddress.safeParse(params);
    if (!success) throw new NoSuchAddressError();
    return data;
  },
};
const idInAddress = z.object({ id: number.pipe(z.int32().positive()) });

/** What each handler of the REST API is given: who asks, what for, and addresses that work outside of it. */
export interface RestRequest<Query = unknown, Body = unknown> {
  readonly hub: HubContext;
  readonly actor: Actor;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly query: Query;
  readonly body: Body;
  /** Scheme and host as the client has them, for addresses in answers. */
  readonly origin: string;
  /** The whole address of a file, good for this person for a day without logging in. */
  fileUrl(path: string): string;
}
