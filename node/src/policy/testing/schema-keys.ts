import { z } from 'zod';

/** Places of all keys of a schema, with `*` for names that the steward chooses: what tests hold against what they have tried. */
export function keysOfSchema(schema: z.ZodType): string[] {
  return keysOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '');
}

function keysOf(schema: z.core.JSONSchema._JSONSchema, place: string): string[] {
  if (typeof schema === 'boolean') return [place];
  const inside = Object.entries(schema.properties ?? {});
  const any = schema.additionalProperties;
  if (typeof any === 'object' && any.properties) inside.push(['*', any]);
  if (inside.length === 0) return [place];
  return inside.flatMap(([key, each]) => keysOf(each, place ? `${place}.${key}` : key));
}
