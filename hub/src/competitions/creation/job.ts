import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Bundle } from '../../bundles/model.ts';
import { type NamedKey, type Problem, problemOfArchive } from '../../bundles/problem.ts';
import { readBundle } from '../../bundles/read-bundle.ts';
import { intoBlobs, intoNothing } from '../../creations/data.ts';
import type { Attempt, Creations } from '../../creations/service.ts';
import type { Database } from '../../db/database.ts';
import type { Resources } from '../../resources/service.ts';
import { type Archive, ArchiveError, type ArchiveLimits, openArchive } from '../../storage/archive/index.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { overCeilings, type ResourceCeilings } from './ceilings.ts';
import { readLogo, renderContent } from './content.ts';
import { sizeOfBundle, storeData } from './data.ts';
import { type Ingredients, insertCompetition } from './insert.ts';
import { resolveReferences } from './references.ts';

export interface CreationDependencies {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly resources: Pick<Resources, 'add'>;
  readonly creations: Pick<Creations, 'attempt'>;
  readonly ceilings: ResourceCeilings;
  readonly archives: ArchiveLimits;
  readonly log: Logger;
}

/** Makes a competition of an uploaded bundle, or only looks at it. */
export function createCompetitionMaker(dependencies: CreationDependencies) {
  return (creationId: number, signal: AbortSignal): Promise<void> =>
    dependencies.creations.attempt(creationId, signal, (attempt) => make(dependencies, attempt));
}

/** @returns what keeps the bundle out; nothing when the competition exists, or nothing else than looking was asked for */
async function make(dependencies: CreationDependencies, attempt: Attempt): Promise<Problem[]> {
  const { blobs, archives, resources, log } = dependencies;
  await using file = await blobs.borrow(attempt.upload.digest ?? '');
  const opened = await open(file.path, archives);
  if ('problem' in opened) return [opened.problem];
  await using archive = opened.archive;
  const { bundle, problems, notes: read, named } = await readBundle(archive);
  if (!bundle) return problems;
  const gathered = await gather(dependencies, archive, { bundle, named }, attempt);
  if ('problems' in gathered) return gathered.problems;
  const notes = [...read, ...gathered.notes];
  await attempt.finish(async (tx) => {
    if (attempt.checkOnly) return { notes };
    const competitionId = await insertCompetition(tx, resources, gathered);
    tx.afterCommit(() => log.info({ competitionId, creationId: attempt.id }, 'competition made'));
    return { competitionId, notes };
  });
  return [];
}

async function gather(
  dependencies: CreationDependencies,
  archive: Archive,
  { bundle, named }: { bundle: Bundle; named: readonly NamedKey[] },
  { maker, checkOnly, signal, count }: Attempt,
): Promise<(Ingredients & { notes: Problem[] }) | { problems: Problem[] }> {
  const { database, blobs, ceilings } = dependencies;
  const resolved = await resolveReferences(database.queries, bundle, named, maker);
  const { content, problems: unrendered } = await renderContent(bundle);
  const problems = [...resolved.problems, ...overCeilings(bundle, ceilings), ...unrendered];
  // A check goes on, to find damaged data as well.
  if (problems.length > 0 && !checkOnly) return { problems };
  try {
    const counted = await count(sizeOfBundle(archive, bundle), 'Unpacking the data');
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
