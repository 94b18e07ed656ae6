import type { Logger } from 'pino';
import type { Actor } from '../accounts/access.ts';
import type { RequiredAttribute } from '../accounts/required-attributes.ts';
import type { Creations } from '../creations/service.ts';
import type { Database, Write } from '../db/database.ts';
import type { Page } from '../db/page.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Resources } from '../resources/service.ts';
import { ensureDefaultQueue } from '../sites/default-queue.ts';
import type { ArchiveLimits } from '../storage/archive/index.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { ResourceCeilings } from './creation/ceilings.ts';
import { createCompetitionMaker } from './creation/job.ts';
import { type CompetitionDetail, filesAreOut, readDetail } from './detail.ts';
import { type CompetitionEdit, renderEdit, writeEdit } from './editing.ts';
import { FileMissingError, ParticipantsOnlyError } from './errors.ts';
import { type CompetitionGate, createCompetitionGate } from './gate.ts';
import { type CompetitionCard, type CompetitionFilter, listCompetitions } from './listing.ts';
import { createParticipation, type Participation } from './participation.ts';
import { createPhases, type Phases } from './phases/service.ts';
import { findPhaseFile, updateCompetition } from './store.ts';
import { readWritten, type WrittenCompetition } from './written.ts';

/** A blob that somebody may download, and what to call it. */
export interface Download {
  readonly digest: string;
  readonly fileName: string;
  readonly mediaType: string;
}

export interface Competitions {
  /** For the other features: access to a competition and what belongs to it. */
  readonly gate: CompetitionGate;
  readonly participation: Participation;
  readonly phases: Phases;

  list(actor: Actor, filter: CompetitionFilter): Promise<Page<CompetitionCard>>;
  /** @throws CompetitionMissingError */
  get(actor: Actor, id: number, secretKey?: string | null): Promise<CompetitionDetail>;
  /** @throws CompetitionMissingError */
  written(actor: Actor, id: number, secretKey?: string | null): Promise<WrittenCompetition>;
  publish(actor: Actor, id: number, published: boolean): Promise<void>;
  /** For organizers. @throws OrganizersOnlyError | CompetitionInvalidError */
  edit(actor: Actor, id: number, edit: CompetitionEdit): Promise<void>;
  /** As `edit`, to be written with what else is edited. */
  prepareEdit(actor: Actor, id: number, edit: CompetitionEdit): Promise<Write>;
  /** For organizers: what has to be vouched for about whoever registers from now on. Who takes part already goes on. */
  requireAttributes(actor: Actor, id: number, required: readonly RequiredAttribute[]): Promise<void>;
  /** It is gone for everybody; what belongs to it is kept for the records. */
  remove(actor: Actor, id: number): Promise<void>;

  /** The work happens in the background: see `Creations`. */
  createFromBundle(actor: Actor, resourceKey: string): Promise<{ creationId: number }>;
  /** Finds all problems that would keep the bundle out, and makes nothing. Followed as a creation. */
  checkBundle(actor: Actor, resourceKey: string): Promise<{ creationId: number }>;
  /** The job's handler. */
  makeCompetition(creationId: number, signal: AbortSignal): Promise<void>;

  /** Public data or starting kit of a phase that has begun, for participants. @throws FileMissingError | ParticipantsOnlyError */
  fileFor(actor: Actor, phaseId: number, kind: string): Promise<Download>;
  /** @throws FileMissingError */
  logo(actor: Actor, id: number, secretKey?: string | null): Promise<Download>;

  /** Before anything is served: makes what must exist. Can be repeated. */
  prepare(): Promise<void>;
}

export interface CompetitionsDependencies {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly jobs: Pick<Jobs, 'enqueue'>;
  readonly creations: Creations;
  readonly resources: Resources;
  readonly dispatch: Pick<Dispatch, 'cancelCompetition' | 'phaseChanged'>;
  readonly ceilings: ResourceCeilings;
  readonly archives: ArchiveLimits;
  readonly log: Logger;
}

export function createCompetitions(dependencies: CompetitionsDependencies): Competitions {
  const { database, creations, jobs, resources, dispatch } = dependencies;
  const { queries } = database;
  const gate = createCompetitionGate(queries);

  /** Peers learn of it as soon as it holds here. */
  const change = (id: number, changed: Parameters<typeof updateCompetition>[2]) =>
    database.transaction(async (tx) => {
      await updateCompetition(tx.queries, id, changed);
      await jobs.enqueue(tx, 'publish-catalogue', {}, 'publish-catalogue');
    });

  const prepareEdit: Competitions['prepareEdit'] = async (actor, id, edit) => {
    const { competition } = await gate.manage(actor, id);
    const rendered = await renderEdit(dependencies, competition, edit);
    return async (tx) => {
      await writeEdit(tx, competition, rendered);
      await jobs.enqueue(tx, 'publish-catalogue', {}, 'publish-catalogue');
    };
  };

  return {
    gate,
    phases: createPhases({ database, gate, dispatch, jobs, resources }),
    participation: createParticipation(database, gate),
    makeCompetition: createCompetitionMaker(dependencies),

    list: (actor, filter) => listCompetitions(database, actor, filter),

    async get(actor, id, secretKey = null) {
      const reached = await gate.view(actor, id, secretKey);
      return readDetail(queries, reached, { isAnonymous: actor.kind === 'anonymous', secretKey });
    },

    async written(actor, id, secretKey = null) {
      return readWritten(queries, await gate.view(actor, id, secretKey));
    },

    async publish(actor, id, published) {
      await gate.manage(actor, id);
      await change(id, { published });
    },

    prepareEdit,

    async edit(actor, id, edit) {
      await database.transaction(await prepareEdit(actor, id, edit));
    },

    async requireAttributes(actor, id, required) {
      await gate.manage(actor, id);
      const requiredAttributes = required.length > 0 ? [...required] : null;
      await updateCompetition(queries, id, { requiredAttributes });
    },

    async remove(actor, id) {
      await gate.remove(actor, id);
      await change(id, { deletedAt: new Date() });
      await dispatch.cancelCompetition(id);
    },

    createFromBundle: (actor, resourceKey) =>
      creations.begin(actor, { kind: 'competition', resourceKey, checkOnly: false }),
    checkBundle: (actor, resourceKey) =>
      creations.begin(actor, { kind: 'competition', resourceKey, checkOnly: true }),

    async fileFor(actor, phaseId, kind) {
      const { phase, access } = await gate.viewPhase(actor, phaseId);
      if (kind !== 'public_data' && kind !== 'starting_kit') throw new FileMissingError();
      if (!filesAreOut(phase, access)) throw new FileMissingError();
      if (!access.canSubmit) throw new ParticipantsOnlyError();
      const file = await findPhaseFile(queries, phaseId, kind);
      if (!file?.digest) throw new FileMissingError();
      return { digest: file.digest, fileName: file.fileName, mediaType: 'application/octet-stream' };
    },

    async logo(actor, id, secretKey = null) {
      const { competition } = await gate.view(actor, id, secretKey);
      const { logoDigest, logoMediaType } = competition;
      if (!logoDigest || !logoMediaType) throw new FileMissingError();
      return { digest: logoDigest, fileName: 'logo', mediaType: logoMediaType };
    },

    async prepare() {
      await ensureDefaultQueue(queries);
    },
  };
}
