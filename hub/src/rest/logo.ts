import { z } from 'zod';
import { parseJson } from './request.ts';

/** Picture in the way of Codabench's editor: a text of JSON with the bytes in base64. */
export const logo = z.preprocess(
  parseJson,
  z
    .object({ file_name: z.string().min(1).max(255), data: z.string().max(16 * 1024 ** 2) })
    .transform(({ data }) => Buffer.from(data.replace(/^data:[^,]*,/, ''), 'base64')),
);
