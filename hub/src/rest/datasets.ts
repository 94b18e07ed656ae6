import { z } from 'zod';
import type { ResourceFilter } from '../resources/library.ts';
import { resourceType } from '../resources/schema.ts';
import { one, page } from './answers.ts';
import { NoSuchAddressError } from './errors.ts';
import { pageQuery, paginated, readAll } from './paging.ts';
import { filter, flag, many, type RestRequest } from './request.ts';
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
  _public: filter(flag),
  _type: filter(z.enum(['submission', 'bundle', 'dataset'])),
  search: filter(z.string().max(200)),
  key: filter(z.string().max(100)),
  name: filter(z.string().max(255)),
});

const edits = z.object({
  name: z.string().trim().min(1).max(255).optional(),
  description: z.string().max(10_000).nullish(),
  is_public: flag.nullish(),
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

  routes.put(
    '/datasets/check/:key',
    {
      summary:
        'The bytes of a bundle have been sent: find all that is wrong with it, and make nothing. Followed as a creation',
    },
    async ({ hub, actor, request }) => {
      const { key } = keyParams.parse(request.params);
      await hub.resources.finishUpload(actor, key);
      const { creationId } = await hub.competitions.checkBundle(actor, key);
      return { status_id: creationId };
    },
  );

  routes.get(
    '/datasets',
    {
      summary: 'Your uploads, and public ones where these are asked for; newest first',
      query: listQuery,
      answer: page('Dataset'),
    },
    async (rest) => {
      const { _type: tab, _public: isPublic, type, search } = rest.query;
      // Without a tab, as there: what somebody could use.
      const wantsPublic = isPublic ?? (tab === undefined && type === undefined);
      const own = await readLibrary(rest, { scope: 'mine', type, search });
      const others = wantsPublic ? await readLibrary(rest, { scope: 'public', type, search }) : [];
      return paginated(rest, matching([...own, ...others.filter(({ isMine }) => !isMine)], rest.query));
    },
  );

  routes.get(
    '/datasets/public',
    { summary: 'Public uploads, newest first', query: listQuery, answer: page('Dataset') },
    async (rest) => {
      const { type, search } = rest.query;
      return paginated(
        rest,
        matching(await readLibrary(rest, { scope: 'public', type, search }), rest.query),
        20,
      );
    },
  );

  routes.get(
    '/datasets/:key',
    { summary: 'An upload, by its key or, of your own, its number', answer: one('Dataset') },
    async (rest) => toDataset(await findDataset(rest)),
  );

  const edit = async (rest: RestRequest<unknown, z.infer<typeof edits>>) => {
    const { key } = await findDataset(rest);
    const { name, description, is_public: isPublic } = rest.body;
    const edit = { name, description: description ?? undefined, isPublic: isPublic ?? undefined };
    return toDataset(await rest.hub.resources.library.edit(rest.actor, key, edit));
  };
  const editing = { summary: 'Rename, describe or publish an upload', body: edits, answer: one('Dataset') };
  routes.patch('/datasets/:key', editing, edit);
  routes.put('/datasets/:key', editing, edit);

  routes.delete('/datasets/:key', { summary: 'Delete what nothing uses', status: 204 }, async (rest) => {
    const { key } = await findDataset(rest);
    await rest.hub.resources.library.remove(rest.actor, key);
    return rest.reply.send();
  });

  routes.post(
    '/datasets/delete_many',
    { summary: 'Delete those of these numbers, as far as nothing uses them', body: many },
    async (rest) => {
      const wanted = new Set(rest.body.pks);
      const own = (await readLibrary(rest, { scope: 'mine' })).filter(({ id }) => wanted.has(id));
      const keys = own.map(({ key }) => key);
      const { refused } = await rest.hub.resources.library.removeMany(rest.actor, keys);
      const names = new Map(own.map(({ key, name }) => [key, name]));
      const problems = refused.map(({ key, message }) => [names.get(key) ?? key, message]);
      if (own.length < wanted.size) problems.push(['detail', 'Some of these are not yours, or not there.']);
      if (problems.length > 0) return rest.reply.code(400).send(Object.fromEntries(problems));
      return { detail: 'Datasets deleted successfully' };
    },
  );
}

type Shown = Awaited<ReturnType<RestRequest['hub']['resources']['library']['get']>>;

function readLibrary({ hub, actor }: RestRequest, filter: Omit<ResourceFilter, 'cursor' | 'limit'>) {
  return readAll(MOST_LISTED, (cursor) =>
    hub.resources.library.list(actor, { ...filter, cursor, limit: 1_000 }),
  );
}

/** @throws NoSuchAddressError | ResourceMissingError */
function findDataset(rest: RestRequest): Promise<Shown> {
  return findUpload(rest, keyParams.parse(rest.request.params).key);
}

/** By its key or, of the asker's own, its number. @throws NoSuchAddressError | ResourceMissingError */
export async function findUpload(rest: RestRequest, key: string): Promise<Shown> {
  if (!/^\d+$/.test(key)) return rest.hub.resources.library.get(rest.actor, key);
  const own = await readLibrary(rest, { scope: 'mine' });
  const found = own.find(({ id }) => id === Number(key));
  if (!found) throw new NoSuchAddressError();
  return found;
}

function matching(all: readonly Shown[], { _type: tab, key, name }: z.infer<typeof listQuery>) {
  const wanted = all.filter(
    (one) =>
      (tab === undefined || TABS[tab](one.type)) &&
      (key === undefined || one.key === key) &&
      (name === undefined || one.name === name),
  );
  return wanted.map(toDataset);
}

function toDataset(resource: Shown) {
  return {
    id: resource.id,
    key: resource.key,
    name: resource.name,
    description: resource.description,
    type: resource.type,
    is_public: resource.isPublic,
    file_name: resource.fileName,
    file_size: resource.size,
    created_by: resource.owner,
    owner_display_name: resource.owner,
    created_when: resource.createdAt,
    upload_completed_successfully: resource.digest !== null,
    key_digest: resource.digest,
  };
}
