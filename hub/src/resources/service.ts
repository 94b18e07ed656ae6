import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { type Actor, isAdmin, requireUser } from '../accounts/access.ts';
import type { Database, Queries } from '../db/database.ts';
import type { SignedLinks } from '../http/signed-links.ts';
import type { BlobStore, StoredBlob } from '../storage/blob-store.ts';
import { BlobTooLargeError } from '../storage/errors.ts';
import {
  LinkInvalidError,
  ResourceMissingError,
  StorageExhaustedError,
  UnexpectedResourceTypeError,
  UploadChangedError,
  UploadIncompleteError,
  UploadSizeError,
} from './errors.ts';
import { createLibrary, type Library } from './library.ts';
import {
  completeResource,
  findResource,
  insertResource,
  listResources,
  type NewResource,
  type Resource,
  type ResourceType,
  storageUsedBy,
} from './store.ts';
import { isOpenedTo } from './uses.ts';

export type { Resource, ResourceType } from './store.ts';

/** A resource whose bytes are all here. */
export type CompleteResource = Resource & { digest: string; size: number; md5: string };

export interface UploadRequest {
  readonly type: ResourceType;
  readonly fileName: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly isPublic?: boolean | undefined;
  /** Exact size in bytes; null when the client does not know it for certain. */
  readonly size: number | null;
}

/**
 * Uploads: started, received in one request whose address is signed, then used by others. Nothing may use a resource before it is complete,
 * and its content never changes afterwards.
 */
export interface Resources {
  /** @throws BlobTooLargeError | StorageExhaustedError */
  startUpload(actor: Actor, request: UploadRequest): Promise<{ key: string; uploadPath: string }>;

  /**
   * Stores the bytes of an upload that was started. The same bytes may be sent again, when an answer was lost.
   * @param url path and query of the request, with its signature
   * @throws LinkInvalidError | ResourceMissingError | BlobTooLargeError | UploadSizeError | UploadChangedError
   */
  receive(url: string, key: string, content: AsyncIterable<Uint8Array>): Promise<StoredBlob>;

  /** @throws ResourceMissingError | UploadIncompleteError */
  finishUpload(actor: Actor, key: string): Promise<CompleteResource>;

  /** What people keep here. */
  readonly library: Library;

  /**
   * One that the actor may read: their own, a public one, what a competition opens to them (see `isOpenedTo`), or any for administrators.
   * @throws ResourceMissingError | UploadIncompleteError
   */
  getReadable(actor: Actor, key: string): Promise<CompleteResource>;

  /** One of these types that the actor may put to use: their own, a public one, or any for administrators. @throws ResourceMissingError | UploadIncompleteError | UnexpectedResourceTypeError */
  getUsable(actor: Actor, key: string, types: readonly ResourceType[]): Promise<CompleteResource>;

  /** The actor's own, newest first; also those not complete. */
  list(actor: Actor, filter: { type?: ResourceType; before?: number; limit: number }): Promise<Resource[]>;

  /**
   * Whether so many bytes more are within what somebody may keep here.
   * @param replaced what they take the place of
   * @throws StorageExhaustedError
   */
  checkRoom(userId: number, bytes: number, replaced?: { readonly size: number }): Promise<void>;

  /** Records bytes that are in the blob store already, such as a directory of a bundle. */
  add(
    queries: Queries,
    resource: Omit<NewResource, 'digest' | 'size' | 'md5'>,
    blob: StoredBlob,
  ): Promise<CompleteResource>;
}

export function createResources({
  database,
  blobs,
  links,
  limits,
  log,
}: {
  database: Database;
  blobs: BlobStore;
  links: SignedLinks;
  limits: { readonly maxUploadBytes: number; readonly maxBytesPerPerson: number };
  log: Logger;
}): Resources {
  const { queries } = database;

  async function getOwn(actor: Actor, key: string): Promise<Resource> {
    const { id } = requireUser(actor);
    const resource = await findResource(queries, key);
    if (!resource || (resource.createdBy !== id && !isAdmin(actor))) throw new ResourceMissingError(key);
    return resource;
  }

  return {
    library: createLibrary(database),

    async startUpload(actor, { type, fileName, name, description, isPublic, size }) {
      const { id: createdBy } = requireUser(actor);
      if ((size ?? 0) > limits.maxUploadBytes) throw new BlobTooLargeError(limits.maxUploadBytes);
      const used = await storageUsedBy(queries, createdBy);
      if (used + (size ?? 1) > limits.maxBytesPerPerson)
        throw new StorageExhaustedError(limits.maxBytesPerPerson);
      const resource = await insertResource(queries, {
        type,
        fileName,
        name: name || fileName,
        description: description ?? '',
        isPublic: isPublic ?? false,
        size,
        createdBy,
      });
      return { key: resource.key, uploadPath: links.sign('PUT', `/uploads/${resource.key}`, createdBy) };
    },

    async receive(url, key, content) {
      const userId = links.verify('PUT', url);
      if (userId === null) throw new LinkInvalidError();
      const resource = await findResource(queries, key);
      if (!resource || resource.createdBy !== userId) throw new ResourceMissingError(key);
      if (resource.digest !== null) return sameAgain(complete(resource), content);
      const left = limits.maxBytesPerPerson - (await storageUsedBy(queries, userId));
      const maxBytes = resource.size ?? Math.min(limits.maxUploadBytes, Math.max(left, 0));
      const blob = await blobs.put(asAnnounced(content, resource.size), { maxBytes });
      const completed = await completeResource(queries, resource.id, blob);
      if (!completed && (await findResource(queries, key))?.digest !== blob.digest)
        throw new UploadChangedError();
      log.info({ resourceId: resource.id, type: resource.type, size: blob.size }, 'upload received');
      return blob;
    },

    async finishUpload(actor, key) {
      return complete(await getOwn(actor, key));
    },

    async getReadable(actor, key) {
      const resource = await findResource(queries, key);
      if (!resource) throw new ResourceMissingError(key);
      const isReadable =
        mayUse(actor, resource) ||
        (actor.kind === 'user' && (await isOpenedTo(database, resource, actor.user.id)));
      if (!isReadable) throw new ResourceMissingError(key);
      return complete(resource);
    },

    async getUsable(actor, key, types) {
      requireUser(actor);
      const resource = await findResource(queries, key);
      if (!resource || !mayUse(actor, resource)) throw new ResourceMissingError(key);
      if (!types.includes(resource.type)) throw new UnexpectedResourceTypeError(resource.type, types);
      return complete(resource);
    },

    list: (actor, filter) => listResources(queries, { ...filter, ownerId: requireUser(actor).id }),

    async checkRoom(userId, bytes, replaced) {
      const used = (await storageUsedBy(queries, userId)) - (replaced?.size ?? 0);
      if (used + bytes > limits.maxBytesPerPerson) throw new StorageExhaustedError(limits.maxBytesPerPerson);
    },

    async add(within, resource, blob) {
      return complete(await insertResource(within, { ...resource, ...blob, uploadedAt: new Date() }));
    },
  };
}

function mayUse(actor: Actor, resource: Resource): boolean {
  const isOwn = actor.kind === 'user' && actor.user.id === resource.createdBy;
  return resource.isPublic || isOwn || isAdmin(actor);
}

function complete(resource: Resource): CompleteResource {
  const { digest, size, md5 } = resource;
  if (digest === null || size === null || md5 === null) throw new UploadIncompleteError(resource.fileName);
  return { ...resource, digest, size, md5 };
}

/** Fails at the end when other than the announced number of bytes came, so that the blob store keeps nothing of them. */
async function* asAnnounced(
  content: AsyncIterable<Uint8Array>,
  announced: number | null,
): AsyncIterable<Uint8Array> {
  let received = 0;
  for await (const chunk of content) {
    received += chunk.length;
    yield chunk;
  }
  if (announced !== null && received !== announced) throw new UploadSizeError(announced, received);
}

/** Compares what is sent to a complete upload with what is there. Nothing is stored: it could be sent without end. @throws UploadChangedError */
async function sameAgain(
  { digest, size, md5 }: CompleteResource,
  content: AsyncIterable<Uint8Array>,
): Promise<StoredBlob> {
  const sha256 = createHash('sha256');
  let received = 0;
  for await (const chunk of content) {
    received += chunk.length;
    if (received > size) throw new UploadChangedError();
    sha256.update(chunk);
  }
  if (`sha256:${sha256.digest('hex')}` !== digest) throw new UploadChangedError();
  return { digest, size, md5 };
}
