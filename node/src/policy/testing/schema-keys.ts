import { z } from 'zod';

/**
 * Places of all keys of a schema, with `*` for names that the steward chooses and for items of lists: what tests hold against what they have tried.
 * Looks into every alternative of a key.
 */
export function keysOfSchema(schema: z.ZodType): string[] {
  const keys = keysOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), '');
  return [...new Set(keys)];
}

function keysOf(schema: z.core.JSONSchema._JSONSchema, place: string): string[] {
  if (typeof schema === 'boolean') return [place];
  const { properties = {}, additionalProperties, items, anyOf = [], oneOf = [] } = schema;
  const inside = Object.entries(properties);
  for (const any of [additionalProperties, items]) {
    if (typeof any === 'object' && !Array.isArray(any)) inside.push(['*', any]);
  }
  const below = inside.flatMap(([key, each]) => keysOf(each, place ? `${place}.${key}` : key));
  const others = [...anyOf, ...oneOf].flatMap((each) => keysOf(each, place));
  const found = [...below, ...others].map((key) => key.replace(/\.\*$/, ''));
  return found.length === 0 ? [place] : found;
}
