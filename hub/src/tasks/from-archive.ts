import type { Logger } from 'pino';
import type { Actor } from '../accounts/access.ts';
import { type Problem, problemOfArchive } from '../bundles/problem.ts';
import { tasks } from '../competitions/schema.ts';
import { type DataSink, intoBlobs, intoNothing, openData, sizeOfData } from '../creations/data.ts';
import type { Attempt, Creations } from '../creations/service.ts';
import type { Transaction } from '../db/database.ts';
import { DomainError } from '../http/domain-error.ts';
import { ResourceInUseError, ResourceMissingError } from '../resources/errors.ts';
import type { Resources } from '../resources/service.ts';
import { type Archive, ArchiveError, type ArchiveLimits } from '../storage/archive/index.ts';
import type { BlobStore, StoredBlob } from '../storage/blob-store.ts';
import { type ArchivedFile, type ArchivedTask, readTaskArchive } from './archive.ts';
import { holdResources, type ResourceIds, SLOTS, type Slot, TAKES } from './setup.ts';

interface Dependencies {
  readonly blobs: BlobStore;
  readonly resources: Resources;
  readonly creations: Pick<Creations, 'attempt'>;
  readonly archives: ArchiveLimits;
  readonly log: Logger;
}

/** Either one that is here already, or one that the archive brought, whose bytes are stored. */
type Stored =
  | { readonly id: number }
  | { readonly blob: StoredBlob; readonly fileName: string; readonly file: ArchivedFile };

/** Makes a task of an uploaded archive, all of it or nothing, or only looks at it. The upload is deleted: refused, it will never be of use. */
export function createTaskMaker(dependencies: Dependencies) {
  const { creations, resources } = dependencies;
  return async (creationId: number, signal: AbortSignal): Promise<void> => {
    let discard = async () => {};
    await creations.attempt(creationId, signal, (attempt) => {
      discard = () => discardUpload(resources, attempt);
      return make(dependencies, attempt);
    });
    await discard();
  };
}

async function make(
  { blobs, resources, archives, log }: Dependencies,
  attempt: Attempt,
): Promise<readonly Problem[]> {
  const { maker, upload, checkOnly, signal } = attempt;
  await using borrowed = await blobs.borrow(upload.digest ?? '');
  const read = await readTaskArchive(borrowed.path, archives);
  if (!read.task) return read.problems;
  await using archive = read.archive;
  const { task, notes } = read;
  const counted = await attempt.count(sizeOfTask(archive, task), 'Unpacking the data');
  const sink = checkOnly ? intoNothing(signal) : intoBlobs(blobs, signal);
  const store = storeIn(archive, resources, actorOf(attempt), (content) => sink(counted(content)));
  const stored = new Map<Slot, Stored>();
  const problems: Problem[] = [];
  for (const slot of SLOTS) {
    const file = task.files[slot];
    if (!file) continue;
    const one = await store(file, slot).catch((error: unknown) => toProblem(error, file.type));
    if ('severity' in one) problems.push(one);
    else stored.set(slot, one);
  }
  if (problems.length > 0) return problems;
  const replaced = { size: upload.size ?? 0 };
  const refusal = await resources
    .checkRoom(maker.id, bytesOf(stored), replaced)
    .catch((error: unknown) => toProblem(error, ''));
  if (refusal) return [refusal];
  await attempt.finish(async (tx) => {
    if (checkOnly) return { notes };
    const taskId = await insert(tx, resources, { task, stored, createdBy: maker.id });
    tx.afterCommit(() => log.info({ taskId, creationId: attempt.id }, 'task made of an upload'));
    return { taskId, notes };
  });
  return [];
}

/** On behalf of whoever uploaded the archive. */
function actorOf({ maker }: Attempt): Actor {
  return { kind: 'user', user: maker, via: 'session' };
}

function storeIn(archive: Archive, resources: Pick<Resources, 'getUsable'>, actor: Actor, sink: DataSink) {
  return async (file: ArchivedFile, slot: Slot): Promise<Stored> => {
    const { reference } = file;
    if (reference.kind === 'key') return resources.getUsable(actor, reference.key, TAKES[slot]);
    const { content, fileName } = await openData(archive, reference);
    return { blob: await sink(content), fileName, file };
  };
}

/** Damaged members show when they are read, and keys that name nothing when they are looked for. */
function toProblem(error: unknown, where: string): Problem {
  if (error instanceof ArchiveError) return { ...problemOfArchive(error), where };
  if (!(error instanceof DomainError)) throw error;
  const { code, message } = error;
  return { severity: 'error', code, message, cure: '', file: null, line: null, column: null, where };
}

function sizeOfTask(archive: Archive, { files }: ArchivedTask): number {
  const references = SLOTS.flatMap((slot) => files[slot]?.reference ?? []);
  const brought = references.filter((reference) => reference.kind === 'path');
  return brought.reduce((sum, reference) => sum + sizeOfData(archive, reference), 0);
}

function bytesOf(stored: ReadonlyMap<Slot, Stored>): number {
  return [...stored.values()].reduce((sum, one) => sum + ('blob' in one ? one.blob.size : 0), 0);
}

async function discardUpload(resources: Pick<Resources, 'library'>, attempt: Attempt): Promise<void> {
  const { maker, upload } = attempt;
  if (upload.createdBy !== maker.id) return;
  try {
    await resources.library.remove(actorOf(attempt), upload.key);
  } catch (error) {
    // Something else is made of it too, or another process was faster.
    if (!(error instanceof ResourceInUseError || error instanceof ResourceMissingError)) throw error;
  }
}

async function insert(
  tx: Transaction,
  resources: Pick<Resources, 'add'>,
  { task, stored, createdBy }: { task: ArchivedTask; stored: ReadonlyMap<Slot, Stored>; createdBy: number },
): Promise<number> {
  const ids: Partial<Record<keyof ResourceIds, number>> = {};
  for (const [slot, one] of stored)
    ids[`${slot}Id`] = 'id' in one ? one.id : await add(tx, resources, one, { task, createdBy });
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

async function add(
  tx: Transaction,
  resources: Pick<Resources, 'add'>,
  { blob, fileName, file }: Extract<Stored, { blob: StoredBlob }>,
  { task, createdBy }: { task: ArchivedTask; createdBy: number },
): Promise<number> {
  const { type, name, description } = file;
  const resource = {
    type,
    name: name ?? `${task.name}: ${fileName}`,
    description: description ?? '',
    fileName,
    createdBy,
  };
  return (await resources.add(tx.queries, resource, blob)).id;
}
