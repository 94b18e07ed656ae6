import { type Actor, requireUser } from '../accounts/access.ts';
import type { CompetitionGate } from '../competitions/gate.ts';
import type { Database } from '../db/database.ts';
import { decodeIdCursor, mapPage, type Page, toPage } from '../db/page.ts';
import type { Dispatch } from '../dispatch/admission.ts';
import { type ChangeOfCompetition, type LimitChange, listChanges, listLimitChanges } from './changes.ts';
import type { SubmissionStatus } from './outcome.ts';
import { listRoots, type SubmissionFilter, type SubmissionKind } from './store.ts';
import { readSubmissions, type SubmissionView } from './view.ts';

interface Paging {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

/** Submissions as wholes, page by page, for whoever may list them. */
export interface SubmissionLists {
  /** The actor's own root submissions, newest first. */
  mine(
    actor: Actor,
    filter: Paging & {
      phaseId?: number | undefined;
      competitionId?: number | undefined;
      kind?: SubmissionKind | undefined;
    },
  ): Promise<Page<SubmissionView>>;
  /**
   * Newest first. Of a phase or a competition everybody's, for its organizers and for robots where they are allowed; the actor's own
   * otherwise. Of all competitions: the actor's own and those of competitions that they organize; for administrators all, for robots those
   * of competitions that allow robots.
   */
  inReach(
    actor: Actor,
    filter: Paging & {
      phaseId?: number | undefined;
      competitionId?: number | undefined;
      status?: SubmissionStatus | undefined;
      search?: string | undefined;
    },
  ): Promise<Page<SubmissionView>>;
  /** For organizers: everybody's, newest first. */
  all(
    actor: Actor,
    filter: Paging & {
      competitionId: number;
      phaseId?: number | undefined;
      status?: SubmissionStatus | undefined;
      kind?: SubmissionKind | undefined;
      owner?: string | undefined;
      onLeaderboard?: boolean | undefined;
      byHand?: boolean | undefined;
      isPublic?: boolean | undefined;
      search?: string | undefined;
      ids?: readonly number[] | undefined;
    },
  ): Promise<Page<SubmissionView>>;
  /** What organizers changed by hand of a competition's submissions, newest first. For organizers. */
  changes(actor: Actor, filter: Paging & { competitionId: number }): Promise<Page<ChangeOfCompetition>>;
  /** What organizers changed of people's limits, newest first. For organizers. */
  limitChanges(actor: Actor, filter: Paging & { competitionId: number }): Promise<Page<LimitChange>>;
  /** Finished ones that were made public, newest first: for whoever sees the competition. */
  published(
    actor: Actor,
    filter: Paging & { competitionId: number; phaseId?: number | undefined },
  ): Promise<Page<SubmissionView>>;
  /** What was deleted of a competition, newest first. For organizers. */
  deleted(actor: Actor, filter: Paging & { competitionId: number }): Promise<Page<SubmissionView>>;
}

export function createSubmissionLists(
  { queries }: Database,
  competitions: CompetitionGate,
  dispatch: Dispatch,
): SubmissionLists {
  async function page(filter: Paging & Omit<SubmissionFilter, 'before' | 'limit'>, seesHidden: boolean) {
    const limit = filter.limit ?? 25;
    const ids = await listRoots(queries, {
      ...filter,
      before: decodeIdCursor(filter.cursor),
      limit: limit + 1,
    });
    const found = toPage(ids, limit, (id) => id);
    const views = await readSubmissions(queries, dispatch, found.items, {
      seesHidden: () => seesHidden,
      seesDeleted: filter.isDeleted ?? false,
    });
    const byId = new Map(views.map((view) => [view.id, view]));
    const shown = { ...found, items: found.items.filter((id) => byId.has(id)) };
    return mapPage(shown, (id) => byId.get(id)!);
  }

  return {
    async mine(actor, filter) {
      const { id: ownerId } = requireUser(actor);
      return page({ ...filter, ownerId }, false);
    },

    async inReach(actor, filter) {
      const { id, isAdmin, isRobot } = requireUser(actor);
      const { phaseId, competitionId } = filter;
      if (phaseId !== undefined || competitionId !== undefined) {
        const { access } =
          phaseId === undefined
            ? await competitions.view(actor, competitionId!)
            : await competitions.viewPhase(actor, phaseId);
        const seesAll = access.canManage || access.isUnlimited;
        return page({ ...filter, ...(seesAll ? {} : { ownerId: id }) }, access.canManage);
      }
      if (isAdmin) return page(filter, true);
      return page({ ...filter, ...(isRobot ? { robotId: id } : { organizerId: id }) }, false);
    },

    async all(actor, filter) {
      await competitions.manage(actor, filter.competitionId);
      return page(filter, true);
    },

    async changes(actor, { competitionId, cursor, limit = 50 }) {
      await competitions.manage(actor, competitionId);
      const filter = { competitionId, before: decodeIdCursor(cursor), limit: limit + 1 };
      return toPage(await listChanges(queries, filter), limit, ({ id }) => id);
    },

    async limitChanges(actor, { competitionId, cursor, limit = 50 }) {
      await competitions.manage(actor, competitionId);
      const filter = { competitionId, before: decodeIdCursor(cursor), limit: limit + 1 };
      return toPage(await listLimitChanges(queries, filter), limit, ({ id }) => id);
    },

    async published(actor, filter) {
      const { access } = await competitions.view(actor, filter.competitionId);
      return page({ ...filter, isPublic: true, status: 'Finished', kind: 'submission' }, access.canManage);
    },

    async deleted(actor, filter) {
      await competitions.manage(actor, filter.competitionId);
      return page({ ...filter, isDeleted: true }, true);
    },
  };
}
