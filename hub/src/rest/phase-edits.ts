import { z } from 'zod';
import type { PhaseEdit } from '../competitions/phases/editing.ts';
import { findUpload } from './datasets.ts';
import { named } from './named.ts';
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

/** An upload by its key or, of one's own, its number; or as phases list theirs. Null, or an empty text, for none. */
const file = z.preprocess(
  (sent) => (sent === '' ? null : sent),
  z
    .union([
      z.guid(),
      number,
      z.looseObject({ key: z.guid() }).transform(({ key }) => key),
      z.looseObject({ value: z.guid() }).transform(({ value }) => value),
    ])
    .nullish(),
);

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
  leaderboard: number.optional(),
  public_data: file,
  starting_kit: file,
});

/** What of a phase is sent is changed, the rest stays. @throws NamedMissingError */
export async function toPhaseEdit(
  rest: RestRequest,
  phase: { readonly id: number; readonly competitionId: number },
  sent: z.infer<typeof phaseEdits>,
): Promise<PhaseEdit> {
  const { hub, actor } = rest;
  const tasks = await Promise.all(
    (sent.tasks ?? []).map((key) => named('tasks', key, () => hub.tasks.get(actor, key))),
  );
  const [publicData, startingKit] = await Promise.all([
    chooseFile(rest, phase, 'public_data', sent.public_data),
    chooseFile(rest, phase, 'starting_kit', sent.starting_kit),
  ]);
  return {
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
    taskIds: sent.tasks && tasks.map((task) => task.id),
    leaderboardId: sent.leaderboard,
    publicData,
    startingKit,
  };
}

/** The key of what was sent; what the phase has already may stay whoever it belongs to. @throws NamedMissingError */
async function chooseFile(
  rest: RestRequest,
  phase: { readonly id: number; readonly competitionId: number },
  kind: 'public_data' | 'starting_kit',
  sent: string | number | null | undefined,
): Promise<string | null | undefined> {
  if (sent === null || sent === undefined) return sent;
  const { hub, actor } = rest;
  const { phases } = await hub.competitions.get(actor, phase.competitionId);
  const { phaseFiles } = await hub.competitions.written(actor, phase.competitionId);
  const files = phases.find(({ id }) => id === phase.id)?.files ?? [];
  const { key = '' } = files.find((file) => file.kind === kind) ?? {};
  if (sent === key || sent === phaseFiles.get(key)) return key;
  return (await named(kind, sent, () => findUpload(rest, String(sent)))).key;
}
