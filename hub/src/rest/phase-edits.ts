import { z } from 'zod';
import type { PhaseEdit } from '../competitions/phases/service.ts';
import { flag, number, type RestRequest } from './request.ts';

/** ISO 8601; without an offset, UTC. A form sends nothing as an empty text. */
const moment = z.preprocess(
  (sent) =>
    typeof sent === 'string' && !/(?:Z|[+-]\d\d:?\d\d)$/i.test(sent.trim()) ? `${sent.trim()}Z` : sent,
  z.coerce.date({ error: 'Write it as 2030-12-31T23:59:00Z.' }),
);
const end = z.preprocess((sent) => (sent === '' ? null : sent), moment.nullish());
/** 0, as nothing, is no limit. */
const limit = z
  .preprocess((sent) => (sent === '' || sent === null ? 0 : sent), number)
  .transform((count) => count || null)
  .optional();
/** The key of a task; or the task as phases list theirs. */
const task = z.union([
  z.string().min(1),
  z.looseObject({ task: z.string().min(1) }).transform((listed) => listed.task),
  z.looseObject({ key: z.string().min(1) }).transform((listed) => listed.key),
]);

export const phaseEdits = z.object({
  name: z.string().trim().min(1).max(256).optional(),
  description: z.string().max(10_000).nullish(),
  start: moment.optional(),
  end,
  max_submissions_per_day: limit,
  max_submissions_per_person: limit,
  execution_time_limit: number.pipe(z.int().min(1).max(2_000_000)).optional(),
  auto_migrate_to_this_phase: flag.optional(),
  hide_output: flag.optional(),
  hide_prediction_output: flag.optional(),
  hide_score_output: flag.optional(),
  tasks: z.array(task).max(100).optional(),
});

/** What of a phase is sent is changed, the rest stays. */
export async function editPhase(
  { hub, actor }: RestRequest,
  id: number,
  sent: z.infer<typeof phaseEdits>,
): Promise<void> {
  const taskIds = sent.tasks && (await Promise.all(sent.tasks.map((key) => hub.tasks.get(actor, key))));
  const edit: PhaseEdit = {
    name: sent.name,
    description: sent.description ?? undefined,
    startsAt: sent.start,
    endsAt: sent.end,
    maxSubmissionsPerDay: sent.max_submissions_per_day,
    maxSubmissionsPerPerson: sent.max_submissions_per_person,
    executionTimeLimitSeconds: sent.execution_time_limit,
    autoMigrateToThisPhase: sent.auto_migrate_to_this_phase,
    hideOutput: sent.hide_output,
    hidePredictionOutput: sent.hide_prediction_output,
    hideScoreOutput: sent.hide_score_output,
    taskIds: taskIds?.map((found) => found.id),
  };
  await hub.competitions.phases.edit(actor, id, edit);
}
