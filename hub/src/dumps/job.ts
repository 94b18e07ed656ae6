import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { writeBundle } from '../bundles/writing/write-bundle.ts';
import type { Database } from '../db/database.ts';
import { countBytes } from '../jobs/count-bytes.ts';
import type { LiveBus } from '../live/bus.ts';
import type { Resources } from '../resources/service.ts';
import { type ZipMember, zipStream } from '../storage/archive/index.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { archiveMembers } from './archive.ts';
import { DumpFiles } from './files.ts';
import { readCompetition } from './read-competition.ts';
import { type StartedDump, startAttempt, updateUnfinished } from './store.ts';
import { toBundle } from './to-bundle.ts';

export interface DumpDependencies {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly resources: Pick<Resources, 'add'>;
  readonly live: LiveBus;
  readonly log: Logger;
}

/** Faults of ours, and what a killed hub left behind, are tried again by the job queue, this often in all. */
const MAX_ATTEMPTS = 4;
/** Far more than any store has; the limits on what goes in are those on uploads. */
const MAX_DUMP_BYTES = 2 ** 42;

const OUR_FAULT = 'The hub failed to make the dump. Try again later, or tell the administrators of this hub.';
const LEFT_OUT =
  'Data and tasks that belong to people who are no organizers of this competition are named by their keys: on another hub they have to be replaced.';

/**
 * Writes a competition into a zip, as a stream from the blob store into the blob store. Done at least once: it may stop anywhere and start again,
 * and the dump comes to exist once.
 */
export function createDumpMaker(dependencies: DumpDependencies) {
  const { database, live, log } = dependencies;

  return async (dumpId: number, signal: AbortSignal): Promise<void> => {
    const dump = await startAttempt(database.queries, dumpId);
    if (!dump) return;
    try {
      if (dump.attempts > MAX_ATTEMPTS) throw new Error('each attempt was cut short');
      await make(dependencies, dump, signal);
    } catch (error) {
      log.error({ err: error, dumpId, attempt: dump.attempts }, 'a dump could not be made');
      if (dump.attempts < MAX_ATTEMPTS || signal.aborted) throw error;
      await updateUnfinished(database.queries, dumpId, { status: 'Failed', details: OUR_FAULT });
    }
    live.announce([`dumps:${dump.competitionId}`]);
  };
}

async function make(dependencies: DumpDependencies, dump: StartedDump, signal: AbortSignal): Promise<void> {
  const { database, blobs, resources, log } = dependencies;
  const { members, title, details } = await collect(dependencies, dump);
  const counted = await countMembers(dependencies, dump, members);
  const blob = await blobs.put(counted(zipStream(members)), { maxBytes: MAX_DUMP_BYTES, signal });
  await database.transaction(async (tx) => {
    const name = `Dump of ${title}, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    const { id: resourceId } = await resources.add(
      tx.queries,
      { type: 'competition_bundle', name, fileName: fileNameOf(title), createdBy: dump.asker.id },
      blob,
    );
    const isFirst = await updateUnfinished(tx.queries, dump.id, {
      status: 'Finished',
      bytesDone: blob.size,
      bytesTotal: blob.size,
      resourceId,
      details,
    });
    // Another process was faster: the resource goes with the transaction.
    if (!isFirst) throw new Error(`dump ${dump.id} is over already`);
    tx.afterCommit(() => log.info({ dumpId: dump.id, bytes: blob.size }, 'dump made'));
  });
}

/** All that goes into the zip; nothing large is read yet. */
async function collect({ database, blobs }: DumpDependencies, dump: StartedDump) {
  const stored = await readCompetition(database, dump.competitionId);
  const { isAdmin } = dump.asker;
  const files = new DumpFiles({ blobs, stored, byKey: dump.content === 'keys', asAdmin: isAdmin });
  const bundle = toBundle(stored, files);
  const texts = writeBundle(bundle).map(({ name, content }) => textMember(name, content));
  const archive = dump.withArchive ? archiveMembers(database.queries, dump.competitionId) : [];
  const namesOthers = files.leftOut > 0 || bundle.tasks.some(({ kind }) => kind === 'key');
  return {
    members: [...texts, ...files.members, ...archive],
    title: bundle.title,
    details: dump.content === 'data' && namesOthers ? LEFT_OUT : '',
  };
}

function textMember(name: string, content: string): ZipMember {
  const bytes = Buffer.from(content);
  return { name, size: bytes.length, open: async () => Readable.from([bytes], { objectMode: false }) };
}

/** Lets watchers see how far it has come. Tables are not counted beforehand: they are small beside data. */
async function countMembers(
  { database: { queries }, live }: DumpDependencies,
  { id, competitionId }: StartedDump,
  members: readonly ZipMember[],
) {
  const tell = async (change: { bytesDone?: number; bytesTotal?: number }) => {
    await updateUnfinished(queries, id, change);
    live.announce([`dumps:${competitionId}`]);
  };
  await tell({ bytesTotal: members.reduce((sum, { size = 0 }) => sum + size, 0) });
  return countBytes((bytesDone) => tell({ bytesDone }));
}

function fileNameOf(title: string): string {
  const plain = title
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  return `${plain || 'competition'}-dump.zip`;
}
