import type { Actor } from '../accounts/access.ts';
import { requireUser } from '../accounts/access.ts';
import type { Competitions, Download } from '../competitions/service.ts';
import type { Progress } from '../jobs/count-bytes.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { BundleMissingError, DumpMissingError } from './errors.ts';
import { createDumpMaker, type DumpDependencies } from './job.ts';
import {
  type DumpContent,
  type DumpOptions,
  deleteDump,
  findBundle,
  findDump,
  insertDump,
  listDumps,
} from './store.ts';

export type { DumpContent, DumpOptions } from './store.ts';

/** A dump as organizers see it. */
export interface DumpView {
  readonly id: number;
  readonly status: 'Starting' | 'Finished' | 'Failed';
  readonly content: DumpContent;
  readonly withArchive: boolean;
  /** In bytes; null before it is known how much there is, and when it is over. */
  readonly progress: Progress | null;
  /** For people: why there is none, or what is not in it. */
  readonly details: string;
  readonly createdBy: string;
  readonly createdAt: string;
  /** Null until it is finished. */
  readonly file: {
    readonly name: string;
    readonly fileName: string;
    readonly size: number;
    readonly url: string;
  } | null;
}

/** Competitions as bundles to keep, to copy and to take to another hub. For the organizers of a competition alone. */
export interface Dumps {
  /** Begins in the background; who asks for the same again meanwhile gets the one under way. */
  create(actor: Actor, competitionId: number, options: DumpOptions): Promise<{ dumpId: number }>;
  /** Newest first. */
  list(actor: Actor, competitionId: number): Promise<DumpView[]>;
  /** @throws DumpMissingError also while it is not finished */
  fileOf(actor: Actor, dumpId: number): Promise<Download>;
  /** One that is under way ends with nothing. @throws DumpMissingError */
  remove(actor: Actor, dumpId: number): Promise<void>;
  /** What the competition was made from. @throws BundleMissingError */
  bundleOf(actor: Actor, competitionId: number): Promise<Download & { readonly name: string }>;
  /** The job's handler. */
  make(dumpId: number, signal: AbortSignal): Promise<void>;
}

const ZIP = 'application/zip';

export function createDumps({
  competitions,
  jobs,
  ...dependencies
}: DumpDependencies & {
  readonly competitions: Pick<Competitions, 'gate'>;
  readonly jobs: Pick<Jobs, 'enqueue'>;
}): Dumps {
  const { database, live } = dependencies;
  const { queries } = database;

  /** Whoever may not manage the competition is told no more than that there is none. */
  async function reach(actor: Actor, dumpId: number) {
    requireUser(actor);
    const found = await findDump(queries, dumpId);
    const reached = found && (await competitions.gate.find(actor, found.dump.competitionId));
    if (!found || !reached?.access.canManage) throw new DumpMissingError();
    return found;
  }

  return {
    make: createDumpMaker(dependencies),

    async create(actor, competitionId, options) {
      const { id: createdBy } = requireUser(actor);
      await competitions.gate.manage(actor, competitionId);
      const dumpId = await database.transaction(async (tx) => {
        const { id, isNew } = await insertDump(tx, { ...options, competitionId, createdBy });
        if (isNew) await jobs.enqueue(tx, 'dump-competition', { dumpId: id }, `dump:${id}`);
        return id;
      });
      live.announce([`dumps:${competitionId}`]);
      return { dumpId };
    },

    async list(actor, competitionId) {
      await competitions.gate.manage(actor, competitionId);
      return (await listDumps(queries, competitionId)).map(toView);
    },

    async fileOf(actor, dumpId) {
      const { file } = await reach(actor, dumpId);
      if (!file?.digest) throw new DumpMissingError();
      return { digest: file.digest, fileName: file.fileName, mediaType: ZIP };
    },

    async remove(actor, dumpId) {
      const { dump } = await reach(actor, dumpId);
      await database.transaction((tx) => deleteDump(tx, dump));
      live.announce([`dumps:${dump.competitionId}`]);
    },

    async bundleOf(actor, competitionId) {
      await competitions.gate.manage(actor, competitionId);
      const bundle = await findBundle(queries, competitionId);
      if (!bundle?.digest) throw new BundleMissingError();
      return { digest: bundle.digest, name: bundle.name, fileName: bundle.fileName, mediaType: ZIP };
    },
  };
}

function toView({ dump, file, creator }: Awaited<ReturnType<typeof listDumps>>[number]): DumpView {
  const { id, status, content, withArchive, bytesDone: done, bytesTotal: total, details, createdAt } = dump;
  return {
    id,
    status,
    content,
    withArchive,
    progress: status === 'Starting' && total !== null ? { done, total } : null,
    details,
    createdBy: creator,
    createdAt: createdAt.toISOString(),
    file: file && {
      name: file.name,
      fileName: file.fileName,
      size: file.size ?? 0,
      url: `/files/dumps/${id}`,
    },
  };
}
