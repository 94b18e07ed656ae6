import { z } from 'zod';
import { resourceType } from '../resources/schema.ts';
import type { Resource } from '../resources/service.ts';
import { one, page } from './answers.ts';
import { pageQuery, paginated, readAll } from './paging.ts';
import { filter, flag } from './request.ts';
import type { RestRoutes } from './rest-routes.ts';

const MOST_LISTED = 10_000;

const newDataset = z.object({
  type: z.enum(resourceType.enumValues),
  request_sassy_file_name: z.string().min(1).max(255),
  name: z.string().max(255).nullish(),
  description: z.string().max(10_000).nullish(),
  is_public: flag.nullish(),
});

/** Codabench's tabs: what was entered, what competitions came from, and everything else. */
const TABS = {
  submission: (type: string) => type === 'submission',
  bundle: (type: string) => type === 'competition_bundle',
  dataset: (type: string) => type !== 'submission' && type !== 'competition_bundle',
} as const;

const listQuery = pageQuery.extend({
  type: filter(z.enum(resourceType.enumValues)),
  _type: filter(z.enum(['submission', 'bundle', 'dataset'])),
  search: filter(z.string().max(200)),
  key: filter(z.string().max(100)),
  name: filter(z.string().max(255)),
});

const keyParams = z.object({ key: z.string() });

/** Uploads: announced here, sent to `sassy_url`, then used by their `key`. */
export function datasetRoutes(routes: RestRoutes): void {
  routes.post(
    '/datasets',
    { summary: 'Announce an upload', body: newDataset, answer: one('Upload'), status: 201 },
    async ({ hub, actor, origin, body }) => {
      // `file_size` is what scripts believe, in units of their own; what arrives is what counts.
      const { type, request_sassy_file_name: fileName, name, description, is_public } = body;
      const { key, uploadPath } = await hub.resources.startUpload(actor, {
        type,
        fileName,
        size: null,
        ...(name ? { name } : {}),
        ...(description ? { description } : {}),
        isPublic: is_public ?? false,
      });
      return { key, sassy_url: origin + uploadPath };
    },
  );

  routes.put(
    '/datasets/completed/:key',
    {
      summary:
        'The bytes have been sent. A bundle becomes a competition; for the rest there is no more to do',
    },
    async ({ hub, actor, request }) => {
      const { key } = keyParams.parse(request.params);
      const { type } = await hub.resources.finishUpload(actor, key);
      if (type !== 'competition_bundle') return { key };
      const { creationId } = await hub.competitions.createFromBundle(actor, key);
      return { status_id: creationId };
    },
  );

  routes.get(
    '/datasets',
    { summary: 'Your uploads, newest first', query: listQuery, answer: page('Dataset') },
    async (rest) => {
      const { hub, actor, query } = rest;
      const { type, _type: tab, search, key, name } = query;
      const all = await readAll(MOST_LISTED, async (cursor) => {
        const limit = 1_000;
        const items = await hub.resources.list(actor, {
          limit,
          ...(type ? { type } : {}),
          ...(cursor ? { before: Number(cursor) } : {}),
        });
        return { items, nextCursor: items.length === limit ? String(items.at(-1)!.id) : null };
      });
      const wanted = all.filter(
        (one) =>
          (tab === undefined || TABS[tab](one.type)) &&
          (key === undefined || one.key === key) &&
          (name === undefined || one.name === name) &&
          (search === undefined || textOf(one).includes(search.toLowerCase())),
      );
      const owner = actor.kind === 'user' ? actor.user.username : '';
      return paginated(
        rest,
        wanted.map((resource) => toDataset(resource, owner)),
      );
    },
  );
}

function textOf({ fileName, name, description, key }: Resource): string {
  return [fileName, name, description, key].join('\n').toLowerCase();
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
