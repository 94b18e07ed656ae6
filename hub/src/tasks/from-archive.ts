import { type Actor, requireUser } from '../accounts/access.ts';
import type { DataReference } from '../bundles/model.ts';
import { tasks } from '../competitions/schema.ts';
import type { Database, Transaction } from '../db/database.ts';
import type { CompleteResource, Resources, ResourceType } from '../resources/service.ts';
import { type Archive, ArchiveError, type ArchiveLimits } from '../storage/archive/index.ts';
import type { BlobStore, StoredBlob } from '../storage/blob-store.ts';
import { type ArchivedFile, type ArchivedTask, openData, readTaskArchive } from './archive.ts';
import { TaskArchiveError } from './errors.ts';
import { holdResources, type ResourceIds, SLOTS, TAKES } from './setup.ts';

interface Dependencies {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly resources: Resources;
  readonly archives: ArchiveLimits;
}

/** Either one that is here already, or one that the archive brought, whose bytes are stored. */
type Stored =
  | { readonly id: number }
  | { readonly blob: StoredBlob; readonly fileName: string; readonly file: ArchivedFile };

/** The archive's own limits are tighter; this one only has to be there. */
const MAX_DATA_BYTES = 2 ** 38;

/**
 * Makes a task of an uploaded archive, all of it or nothing, and deletes the upload: also one that is refused, since it will never be of use.
 * @throws TaskArchiveError and what resources throw
 */
export async function createFromArchive(
  dependencies: Dependencies,
  actor: Actor,
  resourceKey: string,
): Promise<number> {
  const { resources } = dependencies;
  const { id } = requireUser(actor);
  const upload = await resources.getUsable(actor, resourceKey, ['competition_bundle']);
  const discard = async () => {
    if (upload.createdBy === id) await resources.library.remove(actor, resourceKey);
  };
  try {
    const taskId = await make(dependencies, actor, upload);
    await discard();
    return taskId;
  } catch (error) {
    if (error instanceof TaskArchiveError) await discard();
    throw error;
  }
}

async function make(
  { database, blobs, resources, archives }: Dependencies,
  actor: Actor,
  upload: CompleteResource,
): Promise<number> {
  const { id: createdBy } = requireUser(actor);
  await using borrowed = await blobs.borrow(upload.digest);
  const read = await readTaskArchive(borrowed.path, archives);
  if (!read.task) throw new TaskArchiveError(read.problems);
  await using archive = read.archive;
  const { task } = read;
  const stored = new Map<string, Stored>();
  for (const slot of SLOTS) {
    const file = task.files[slot];
    if (file) stored.set(slot, await store({ blobs, resources }, actor, archive, file, TAKES[slot]));
  }
  await resources.checkRoom(createdBy, bytesOf(stored), upload);
  return database.transaction((tx) => insert(tx, resources, { task, stored, createdBy }));
}

async function store(
  { blobs, resources }: Pick<Dependencies, 'blobs' | 'resources'>,
  actor: Actor,
  archive: Archive,
  file: ArchivedFile,
  types: readonly ResourceType[],
): Promise<Stored> {
  const { reference } = file;
  if (reference.kind === 'key') return resources.getUsable(actor, reference.key, types);
  const { content, fileName } = await openStream(archive, reference);
  try {
    return { blob: await blobs.put(content, { maxBytes: MAX_DATA_BYTES }), fileName, file };
  } catch (error) {
    throw asRefusal(error);
  }
}

async function openStream(archive: Archive, reference: DataReference & { kind: 'path' }) {
  try {
    return await openData(archive, reference);
  } catch (error) {
    throw asRefusal(error);
  }
}

/** Damaged members show when they are read. */
function asRefusal(error: unknown): unknown {
  if (!(error instanceof ArchiveError)) return error;
  const { code, message, cure, entry } = error;
  return new TaskArchiveError([
    { severity: 'error', code, message, cure, file: entry, line: null, column: null, where: '' },
  ]);
}

function bytesOf(stored: ReadonlyMap<string, Stored>): number {
  return [...stored.values()].reduce((sum, one) => sum + ('blob' in one ? one.blob.size : 0), 0);
}

async function insert(
  tx: Transaction,
  resources: Pick<Resources, 'add'>,
  { task, stored, createdBy }: { task: ArchivedTask; stored: ReadonlyMap<string, Stored>; createdBy: number },
): Promise<number> {
  const ids: Partial<Record<keyof ResourceIds, number>> = {};
  for (const slot of SLOTS) {
    const one = stored.get(slot);
    if (one)
      ids[`${slot}Id`] = 'id' in one ? one.id : (await add(tx, resources, one, { task, createdBy })).id;
  }
  await holdResources(tx, Object.values(ids));
  const { siteData } = task;
  const [inserted] = await tx.queries
    .insert(tasks)
    .values({
      ...ids,
      name: task.name,
      description: task.description,
      isPublic: task.isPublic,
      createdBy,
      ingestionOnlyDuringScoring: task.ingestionOnlyDuringScoring,
      siteDatasetName: siteData?.name ?? null,
      siteDatasetVersion: siteData?.version ?? null,
      siteDatasetInput: siteData?.input ?? false,
      siteDatasetReference: siteData?.reference ?? false,
      siteRule: siteData?.rule ?? null,
      attestations: [...task.attestations],
    })
    .returning({ id: tasks.id });
  return inserted!.id;
}

function add(
  tx: Transaction,
  resources: Pick<Resources, 'add'>,
  { blob, fileName, file }: Extract<Stored, { blob: StoredBlob }>,
  { task, createdBy }: { task: ArchivedTask; createdBy: number },
): Promise<CompleteResource> {
  const { type, name, description } = file;
  const resource = {
    type,
    name: name ?? `${task.name}: ${fileName}`,
    description: description ?? '',
    fileName,
    createdBy,
  };
  return resources.add(tx.queries, resource, blob);
}
