import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';

/** Reads a form with files, each as it comes. A field that comes several times is a list. */
export async function readForm(
  request: FastifyRequest,
  takeFile: (file: MultipartFile) => Promise<Record<string, unknown>> | undefined,
): Promise<Record<string, unknown>> {
  const fields: Record<string, unknown> = Object.create(null);
  for await (const part of request.parts()) {
    if (part.type === 'file') {
      Object.assign(fields, await takeFile(part));
      // One that nobody has read holds up the rest of the form.
      part.file.resume();
    } else {
      const { fieldname: name, value } = part;
      fields[name] = name in fields ? [fields[name], value].flat() : value;
    }
  }
  return { ...fields };
}
