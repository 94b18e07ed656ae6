import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Bundle } from '../../bundles/model.ts';
import { type Problem, problemOfArchive } from '../../bundles/problem.ts';
import { readBundle } from '../../bundles/read-bundle.ts';
import type { Database } from '../../db/database.ts';
import { countBytes } from '../../jobs/count-bytes.ts';
import type { LiveBus } from '../../live/bus.ts';
import type { Resources } from '../../resources/service.ts';
import { type Archive, ArchiveError, type ArchiveLimits, openArchive } from '../../storage/archive/index.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { overCeilings, type ResourceCeilings } from './ceilings.ts';
import { readLogo, renderContent } from './content.ts';
import { intoBlobs, intoNothing, sizeOfData, storeData } from './data.ts';
import { type Ingredients, insertCompetition } from './insert.ts';
import { resolveReferences } from './references.ts';
import { endCreation, lockUnfinished, type StartedCreation, startAttempt, tellProgress } from './store.ts';

export interface CreationDependencies {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly resources: Pick<Resources, 'add'>;
  readonly live: LiveBus;
  readonly ceilings: ResourceCeilings;
  readonly archives: ArchiveLimits;
  readonly log: Logger;
}

/** Faults of ours are tried again by the job queue, this often in all. */
const MAX_ATTEMPTS = 4;

/**
 * Makes a competition of an uploaded bundle, or only looks at it. Done at least once: it may stop anywhere and start again, in this process or
 * another, and the competition comes to exist once. Whatever is wrong with the bundle ends the creation with all problems at once.
 */
export function createCompetitionMaker(dependencies: CreationDependencies) {
  const { database, live, log } = dependencies;

  return async (creationId: number, signal: AbortSignal): Promise<void> => {
    const creation = await startAttempt(database.queries, creationId);
    if (!creation) return;
    try {
      const problems = await make(dependencies, creation, signal);
      if (problems.length > 0) await endCreation(database.queries, creationId, { problems });
    } catch (error) {
      log.error({ err: error, creationId, attempt: creation.attempts }, 'a competition could not be made');
      if (creation.attempts < MAX_ATTEMPTS || signal.aborted) throw error;
      await endCreation(database.queries, creationId, { problems: [OUR_FAULT] });
    }
    live.announce([`creation:${creationId}`]);
  };
}

const OUR_FAULT: Problem = {
  severity: 'error',
  code: 'internal',
  message: 'The hub failed to make the competition; this is not the fault of the bundle.',
  cure: 'Try again later, or tell the administrators of this hub when you uploaded it.',
  file: null,
  line: null,
  column: null,
  where: '',
};

/** @returns what keeps the bundle out; nothing when the competition exists, or nothing else than looking was asked for */
async function make(
  dependencies: CreationDependencies,
  creation: StartedCreation,
  signal: AbortSignal,
): Promise<Problem[]> {
  const { database, blobs, archives, resources, log } = dependencies;
  await using file = await blobs.borrow(creation.digest ?? '');
  const opened = await open(file.path, archives);
  if ('problem' in opened) return [opened.problem];
  await using archive = opened.archive;
  const { bundle, problems, notes } = await readBundle(archive);
  if (!bundle) return problems;
  const gathered = await gather(dependencies, archive, bundle, creation, signal);
  if ('problems' in gathered) return gathered.problems;
  const allNotes = [...notes, ...gathered.notes];
  if (creation.checkOnly) {
    await endCreation(database.queries, creation.id, { competitionId: null, notes: allNotes });
    return [];
  }
  await database.transaction(async (tx) => {
    if (!(await lockUnfinished(tx, creation.id))) return;
    const competitionId = await insertCompetition(tx, resources, gathered);
    await endCreation(tx.queries, creation.id, { competitionId, notes: allNotes });
    tx.afterCommit(() => log.info({ competitionId, creationId: creation.id }, 'competition made'));
  });
  return [];
}

async function gather(
  dependencies: CreationDependencies,
  archive: Archive,
  bundle: Bundle,
  creation: StartedCreation,
  signal: AbortSignal,
): Promise<(Ingredients & { notes: Problem[] }) | { problems: Problem[] }> {
  const { database, blobs, ceilings } = dependencies;
  const { maker, checkOnly } = creation;
  const resolved = await resolveReferences(database.queries, bundle, maker);
  const { content, problems: unrendered } = await renderContent(bundle);
  const problems = [...resolved.problems, ...overCeilings(bundle, ceilings), ...unrendered];
  // A check goes on, to find damaged data as well.
  if (problems.length > 0 && !checkOnly) return { problems };
  try {
    const counted = await countData(dependencies, archive, bundle, creation.id);
    const sink = checkOnly ? intoNothing(signal) : intoBlobs(blobs, signal);
    const data = await storeData(archive, bundle, (content) => sink(counted(content)));
    if (problems.length > 0) return { problems };
    const logo = bundle.image === null ? null : await readLogo(archive, bundle.image);
    const storedLogo = logo && {
      blob: await blobs.put(Readable.from([logo.bytes]), { maxBytes: logo.bytes.length, signal }),
      type: logo.type,
    };
    const { references, notes } = resolved;
    return { bundle, createdBy: maker.id, content, logo: storedLogo, data, references, notes };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return { problems: [...problems, problemOfArchive(error)] };
  }
}

/** Lets watchers see how far the data have come. */
async function countData(
  { database: { queries }, live }: CreationDependencies,
  archive: Archive,
  bundle: Bundle,
  creationId: number,
) {
  const tell = async (progress: Parameters<typeof tellProgress>[2]) => {
    await tellProgress(queries, creationId, progress);
    live.announce([`creation:${creationId}`]);
  };
  await tell({ bytesTotal: sizeOfData(archive, bundle), details: 'Unpacking the data' });
  return countBytes((bytesDone) => tell({ bytesDone }));
}

async function open(
  path: string,
  limits: ArchiveLimits,
): Promise<{ archive: Archive } | { problem: Problem }> {
  try {
    return { archive: await openArchive(path, limits) };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return { problem: problemOfArchive(error) };
  }
}
