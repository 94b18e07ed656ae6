import { type Actor, requireUser } from '../accounts/access.ts';
import type { Queries } from '../db/database.ts';
import { accessTo, type CompetitionAccess } from './access.ts';
import {
  CompetitionMissingError,
  CreatorOnlyError,
  OrganizersOnlyError,
  PhaseMissingError,
} from './errors.ts';
import { type CompetitionForActor, findCompetition, findPhase, type PhaseRow } from './store.ts';

export interface ReachedCompetition {
  readonly competition: CompetitionForActor;
  readonly access: CompetitionAccess;
}

export interface ReachedPhase extends ReachedCompetition {
  readonly phase: PhaseRow;
}

/** The way to a competition, and to all that belongs to one: nothing is read on behalf of an actor but through here. */
export interface CompetitionGate {
  /** Whatever the actor's rights; null when there is none. */
  find(actor: Actor, id: number, secretKey?: string | null): Promise<ReachedCompetition | null>;
  /** @throws CompetitionMissingError */
  view(actor: Actor, id: number, secretKey?: string | null): Promise<ReachedCompetition>;
  /** @throws NotLoggedInError | CompetitionMissingError | OrganizersOnlyError */
  manage(actor: Actor, id: number): Promise<ReachedCompetition>;
  /** @throws NotLoggedInError | CompetitionMissingError | CreatorOnlyError */
  remove(actor: Actor, id: number): Promise<ReachedCompetition>;
  /** Whatever the actor's rights; null when there is none. */
  findPhase(actor: Actor, phaseId: number, secretKey?: string | null): Promise<ReachedPhase | null>;
  /** @throws PhaseMissingError */
  viewPhase(actor: Actor, phaseId: number, secretKey?: string | null): Promise<ReachedPhase>;
}

export function createCompetitionGate(queries: Queries): CompetitionGate {
  const idOf = (actor: Actor) => (actor.kind === 'user' ? actor.user.id : null);

  const find: CompetitionGate['find'] = async (actor, id, secretKey = null) => {
    const competition = await findCompetition(queries, id, idOf(actor));
    return competition && { competition, access: accessTo(competition, actor, secretKey) };
  };

  const view: CompetitionGate['view'] = async (actor, id, secretKey) => {
    const reached = await find(actor, id, secretKey);
    if (!reached?.access.canView) throw new CompetitionMissingError();
    return reached;
  };

  const findPhaseFor: CompetitionGate['findPhase'] = async (actor, phaseId, secretKey = null) => {
    const found = await findPhase(queries, phaseId, idOf(actor));
    return found && { ...found, access: accessTo(found.competition, actor, secretKey) };
  };

  return {
    find,
    view,

    async manage(actor, id) {
      requireUser(actor);
      const reached = await view(actor, id);
      if (!reached.access.canManage) throw new OrganizersOnlyError();
      return reached;
    },

    async remove(actor, id) {
      requireUser(actor);
      const reached = await view(actor, id);
      if (!reached.access.canRemove) throw new CreatorOnlyError();
      return reached;
    },

    findPhase: findPhaseFor,

    async viewPhase(actor, phaseId, secretKey) {
      const reached = await findPhaseFor(actor, phaseId, secretKey);
      if (!reached?.access.canView) throw new PhaseMissingError();
      return reached;
    },
  };
}
