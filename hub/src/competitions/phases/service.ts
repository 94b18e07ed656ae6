import { type Actor, requireUser } from '../../accounts/access.ts';
import type { Database, Write } from '../../db/database.ts';
import type { Dispatch } from '../../dispatch/admission.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { Resources } from '../../resources/service.ts';
import { OrganizersOnlyError } from '../errors.ts';
import type { CompetitionGate } from '../gate.ts';
import { checkBoard, putTasks } from './choices.ts';
import { type PhaseEdit, prepareEdits } from './editing.ts';
import { OnlyPhaseError, PhaseInUseError } from './errors.ts';
import { type EditablePhase, listPhases } from './listing.ts';
import { checkOrder, inOrder } from './order.ts';
import { deletePhase, hasSubmissions, insertPhase, isOnLadder, lockPhases, renumber } from './store.ts';

export interface NewPhase {
  readonly name: string;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
  readonly taskIds: readonly number[];
  readonly leaderboardId: number;
}

/** The phases of a competition in the hands of its organizers. */
export interface Phases {
  /** In order. @throws OrganizersOnlyError */
  list(actor: Actor, competitionId: number): Promise<EditablePhase[]>;
  /** Its place follows from when it starts. @throws OrganizersOnlyError | PhaseInvalidError | TaskNotUsableError */
  add(actor: Actor, competitionId: number, phase: NewPhase): Promise<EditablePhase>;
  /** One to which nothing was ever submitted. @throws OrganizersOnlyError | PhaseInUseError | OnlyPhaseError */
  remove(actor: Actor, phaseId: number): Promise<void>;
  /**
   * Phases are in the order in which they start: another start may move it among the others. Another board ranks what was scored, as far as its columns
   * have the same keys. Other tasks than before change what the board compares: it is built anew, and who has not been run on all of them is offered to organizers to be run again.
   * @throws OrganizersOnlyError | PhaseMissingError | PhaseInvalidError | TaskNotUsableError and what resources throw
   */
  edit(actor: Actor, phaseId: number, edit: PhaseEdit): Promise<EditablePhase>;
  /** The same of several phases at once, by their ids, to be written with what else is edited. */
  prepareEdits(actor: Actor, competitionId: number, edits: ReadonlyMap<number, PhaseEdit>): Promise<Write>;
}

export interface PhasesDependencies {
  readonly database: Database;
  readonly gate: CompetitionGate;
  readonly dispatch: Pick<Dispatch, 'phaseChanged'>;
  readonly jobs: Pick<Jobs, 'enqueue'>;
  readonly resources: Pick<Resources, 'getUsable'>;
}

export function createPhases(dependencies: PhasesDependencies): Phases {
  const { database, gate, dispatch } = dependencies;
  const { queries } = database;

  const get = async (competitionId: number, id: number) =>
    (await listPhases(queries, competitionId)).find((phase) => phase.id === id)!;

  async function manage(actor: Actor, phaseId: number) {
    requireUser(actor);
    const reached = await gate.viewPhase(actor, phaseId);
    if (!reached.access.canManage) throw new OrganizersOnlyError();
    return reached;
  }

  return {
    async list(actor, competitionId) {
      await gate.manage(actor, competitionId);
      return listPhases(queries, competitionId);
    },

    async add(actor, competitionId, { taskIds, leaderboardId, ...phase }) {
      const user = requireUser(actor);
      await gate.manage(actor, competitionId);
      const id = await database.transaction(async (tx) => {
        const before = await lockPhases(tx, competitionId);
        await checkBoard(tx, competitionId, leaderboardId);
        const hideOutput = await isOnLadder(tx.queries, leaderboardId);
        const values = { ...phase, competitionId, leaderboardId, hideOutput, index: before.length };
        const row = await insertPhase(tx, values);
        const after = inOrder([...before, row]);
        checkOrder(after, row.id);
        await putTasks(tx, user, row, taskIds);
        await renumber(tx, after);
        return row.id;
      });
      return get(competitionId, id);
    },

    async remove(actor, phaseId) {
      const { competition, phase } = await manage(actor, phaseId);
      await database.transaction(async (tx) => {
        const before = await lockPhases(tx, competition.id);
        if (before.length < 2) throw new OnlyPhaseError();
        if (await hasSubmissions(tx, phaseId)) throw new PhaseInUseError(phase.name);
        await deletePhase(tx, phaseId);
        await renumber(
          tx,
          before.filter(({ id }) => id !== phaseId),
        );
        tx.afterCommit(() => dispatch.phaseChanged(phaseId));
      });
    },

    prepareEdits: (actor, competitionId, edits) => prepareEdits(dependencies, actor, competitionId, edits),

    async edit(actor, phaseId, edit) {
      const { competition } = await manage(actor, phaseId);
      await database.transaction(
        await prepareEdits(dependencies, actor, competition.id, new Map([[phaseId, edit]])),
      );
      return get(competition.id, phaseId);
    },
  };
}
