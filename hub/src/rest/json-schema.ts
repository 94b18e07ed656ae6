import { z } from 'zod';

/** Of what comes in. What has no word in JSON schema, such as a transformation, is left open. */
export function toJsonSchema(schema: z.ZodType): object {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return described;
}
