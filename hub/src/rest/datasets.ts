import { z } from 'zod';
import { resourceType } from '../resources/schema.ts';
import type { Resource } from '../resources/service.ts';
import { paginated, readAll } from './paging.ts';
import { flag, type RestRoutes } from './request.ts';

const MOST_LISTED = 10_000;

const newDataset = z.object({
  type: z.enum(resourceType.enumValues),
  request_sassy_file_name: z.string().min(1).max(255),
  name: z.string().max(255).optional(),
  description: z.string().max(10_000).nullish(),
  is_public: flag.optional(),
});
const listQuery = z.object({ type: z.enum(resourceType.enumValues).optional().catch(undefined) });
const keyParams = z.object({ key: z.string() });

/** Uploads: announced here, sent to `sassy_url`, then used by their `key`. */
export function datasetRoutes(routes: RestRoutes): void {
  routes.post('/datasets', async ({ hub, actor, request, reply, origin }) => {
    // `file_size` is what scripts believe, in units of their own; what arrives is what counts.
    const {
      type,
      request_sassy_file_name: fileName,
      name,
      description,
      is_public,
    } = newDataset.parse(request.body ?? {});
    const { key, uploadPath } = await hub.resources.startUpload(actor, {
      type,
      fileName,
      size: null,
      ...(name ? { name } : {}),
      ...(description ? { description } : {}),
      isPublic: is_public ?? false,
    });
    return reply.code(201).send({ key, sassy_url: origin + uploadPath });
  });

  /** A bundle becomes a competition; for everything else there is nothing more to do. */
  routes.put('/datasets/completed/:key', async ({ hub, actor, request }) => {
    const { key } = keyParams.parse(request.params);
    const { type } = await hub.resources.finishUpload(actor, key);
    if (type !== 'competition_bundle') return { key };
    const { creationId } = await hub.competitions.createFromBundle(actor, key);
    return { status_id: creationId };
  });

  routes.get('/datasets', async (rest) => {
    const { hub, actor, request } = rest;
    const { type } = listQuery.parse(request.query);
    const all = await readAll(MOST_LISTED, async (cursor) => {
      const limit = 1_000;
      const items = await hub.resources.list(actor, {
        limit,
        ...(type ? { type } : {}),
        ...(cursor ? { before: Number(cursor) } : {}),
      });
      return { items, nextCursor: items.length === limit ? String(items.at(-1)!.id) : null };
    });
    return paginated(
      rest,
      all.map((resource) => toDataset(resource, actor.kind === 'user' ? actor.user.username : '')),
    );
  });
}

function toDataset(resource: Resource, owner: string) {
  return {
    id: resource.id,
    key: resource.key,
    name: resource.name,
    description: resource.description,
    type: resource.type,
    is_public: resource.isPublic,
    file_name: resource.fileName,
    file_size: resource.size,
    created_by: owner,
    owner_display_name: owner,
    created_when: resource.createdAt,
    upload_completed_successfully: resource.digest !== null,
    key_digest: resource.digest,
  };
}
