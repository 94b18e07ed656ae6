import { z } from 'zod';
import { OrganizersOnlyError } from '../competitions/errors.ts';
import { list, one } from './answers.ts';
import { toPhase } from './competition-shape.ts';
import { NoPhaseAfterError } from './errors.ts';
import { phaseEdits, toPhaseEdit } from './phase-edits.ts';
import { idParams, number, type RestRequest } from './request.ts';
import type { RestRoutes } from './rest-routes.ts';

export function phaseRoutes(routes: RestRoutes): void {
  routes.get(
    '/phases',
    {
      summary: 'The phases of a competition',
      access: 'anybody',
      query: z.object({ competition: number }),
      answer: list('Phase'),
    },
    async ({ hub, actor, query }) => {
      const competition = await hub.competitions.get(actor, query.competition);
      const written = await hub.competitions.written(actor, competition.id);
      return competition.phases.map((phase) => toPhase(phase, competition, written));
    },
  );

  routes.get(
    '/phases/:id',
    { summary: 'A phase with its tasks', access: 'anybody', answer: one('Phase') },
    showPhase,
  );

  const edit = async (rest: RestRequest<unknown, z.infer<typeof phaseEdits>>) => {
    const { hub, actor } = rest;
    const { phase, competition } = await findPhase(rest);
    const named = { id: phase.id, competitionId: competition.id };
    await hub.competitions.phases.edit(actor, phase.id, await toPhaseEdit(rest, named, rest.body));
    return showPhase(rest);
  };
  const editing = { summary: 'Change what is sent of a phase', body: phaseEdits, answer: one('Phase') };
  routes.patch('/phases/:id', editing, edit);
  routes.put('/phases/:id', editing, edit);

  routes.post(
    '/phases/:id/manually_migrate',
    { summary: 'Enter what stands on the board of this phase in the next one, in the background' },
    async (rest) => {
      const { phase, competition } = await findPhase(rest);
      if (!competition.canManage) throw new OrganizersOnlyError();
      const next = competition.phases[competition.phases.indexOf(phase) + 1];
      if (!next) throw new NoPhaseAfterError();
      await rest.hub.submissions.batches.migrateTo(rest.actor, next.id);
      return {};
    },
  );

  const rerun = async ({ hub, actor, request }: RestRequest) => {
    const { id: phaseId } = idParams.parse(request.params);
    return hub.submissions.batches.rerunPhase(actor, { phaseId });
  };
  const summary = 'Run every submission of a phase again, in the background';
  routes.get('/phases/:id/rerun_submissions', { summary, changes: true }, rerun);
  routes.post('/phases/:id/rerun_submissions', { summary }, rerun);
}

async function showPhase(rest: RestRequest) {
  const { phase, competition } = await findPhase(rest);
  return toPhase(phase, competition, await rest.hub.competitions.written(rest.actor, competition.id));
}

export async function findPhase({ hub, actor, request }: RestRequest) {
  const { id } = idParams.parse(request.params);
  const reached = await hub.competitions.gate.viewPhase(actor, id);
  const competition = await hub.competitions.get(actor, reached.competition.id);
  return { competition, phase: competition.phases.find((phase) => phase.id === id)! };
}
