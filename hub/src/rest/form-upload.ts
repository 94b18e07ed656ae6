import type { MultipartFile } from '@fastify/multipart';
import type { ResourceType } from '../resources/service.ts';
import type { RestRequest } from './request.ts';

/** The file of a form becomes an upload of its own. @returns its key */
export async function uploadFrom(
  { hub, actor }: RestRequest,
  type: ResourceType,
  { filename, file }: MultipartFile,
): Promise<string> {
  const fileName = filename || `${type}.zip`;
  const { key, uploadPath } = await hub.resources.startUpload(actor, { type, fileName, size: null });
  await hub.resources.receive(uploadPath, key, file);
  return key;
}
