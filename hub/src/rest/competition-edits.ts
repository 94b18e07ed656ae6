import { z } from 'zod';
import type { FactSheetQuestion } from '../bundles/model.ts';
import type { CompetitionEdit } from '../competitions/editing.ts';
import type { PhaseEdit } from '../competitions/phases/editing.ts';
import { writeAll } from '../db/database.ts';
import { boardEdits, prepareBoards } from './board-edits.ts';
import { logo } from './logo.ts';
import { NamedMissingError } from './named.ts';
import { phaseEdits, toPhaseEdit } from './phase-edits.ts';
import { flag, nothingSent, number, parseJson, type RestRequest } from './request.ts';

const question = z.strictObject({
  key: z.string().min(1).max(256),
  type: z.enum(['checkbox', 'text', 'select']),
  title: z.string().max(1_000),
  selection: z.union([z.array(z.coerce.string().max(1_000)).max(1_000), z.string()]),
  is_required: z.union([z.boolean(), z.string()]),
  is_on_leaderboard: z.union([z.boolean(), z.string()]),
});

const factSheet = z.preprocess(
  parseJson,
  z
    .record(z.string(), question)
    .refine((sheet) => Object.entries(sheet).every(([key, { key: own }]) => key === own), {
      error: 'Each question has the key under which it stands.',
    })
    .nullish(),
);

const page = z.object({
  title: z.string().trim().min(1).max(256),
  content: z.string().max(1024 ** 2),
  index: number.optional(),
});

/** Ids; or objects with one, as a competition lists them. */
export const collaborators = z
  .array(z.union([number, z.looseObject({ id: number }).transform(({ id }) => id)]))
  .max(1_000)
  .optional();

/** What Codabench keeps of a competition and this hub does not. */
export const NOT_HERE = {
  queue: nothingSent('Queues are not chosen through this API: leave it as it is.'),
  whitelist_emails: nothingSent('There is no list of addresses here.'),
  report: nothingSent('There is no report of a competition here.'),
};

/** A picture; or the address of the one that it has, as competitions are told, which changes nothing. */
const newLogo = z
  .union([
    z
      .string()
      .regex(/^(?:https?:|\/)/)
      .transform(() => undefined),
    logo,
    z.null(),
  ])
  .optional();

export const competitionEdits = z.object({
  title: z.string().trim().min(1).max(256).optional(),
  description: z.string().max(100_000).nullish(),
  competition_type: z.enum(['competition', 'benchmark']).optional(),
  docker_image: z.string().trim().min(1).max(128).optional(),
  reward: z.string().max(256).nullish(),
  contact_email: z
    .union([z.email({ error: 'Enter a valid email address.' }).max(256), z.literal('')])
    .nullish(),
  published: flag.optional(),
  registration_auto_approve: flag.optional(),
  allow_robot_submissions: flag.optional(),
  enable_detailed_results: flag.optional(),
  show_detailed_results_in_submission_panel: flag.optional(),
  show_detailed_results_in_leaderboard: flag.optional(),
  auto_run_submissions: flag.optional(),
  can_participants_make_submissions_public: flag.optional(),
  make_programs_available: flag.optional(),
  make_input_data_available: flag.optional(),
  forum_enabled: flag.optional(),
  fact_sheet: factSheet,
  terms: z
    .string()
    .max(1024 ** 2)
    .optional(),
  pages: z.array(page).max(100).optional(),
  phases: z
    .array(phaseEdits.extend({ id: number }), { error: 'Phases as they are listed, each with its id.' })
    .max(1_000)
    .optional(),
  leaderboards: boardEdits,
  logo: newLogo,
  collaborators,
  ...NOT_HERE,
});

/** What of a competition is sent is changed, with its boards and phases; the rest stays. Where a part is refused, all of it stays. */
export async function editCompetition(
  rest: RestRequest,
  id: number,
  sent: z.infer<typeof competitionEdits>,
): Promise<void> {
  const { hub, actor } = rest;
  await hub.competitions.gate.manage(actor, id);
  const { phases } = await hub.competitions.get(actor, id);
  const other = sent.phases?.find((phase) => !phases.some((known) => known.id === phase.id));
  if (other) throw new NamedMissingError('phases', other.id);
  const edits = new Map<number, PhaseEdit>();
  for (const phase of sent.phases ?? [])
    edits.set(phase.id, await toPhaseEdit(rest, { id: phase.id, competitionId: id }, phase));
  const writes = [
    ...(await prepareBoards(rest, id, sent.leaderboards ?? [])),
    await hub.competitions.phases.prepareEdits(actor, id, edits),
    await hub.competitions.prepareEdit(actor, id, toCompetitionEdit(sent)),
  ];
  await hub.database.transaction(writeAll(writes));
}

function toCompetitionEdit(sent: z.infer<typeof competitionEdits>): CompetitionEdit {
  return {
    title: sent.title,
    description: sent.description ?? undefined,
    type: sent.competition_type,
    dockerImage: sent.docker_image,
    reward: sent.reward,
    contactEmail: sent.contact_email === '' ? null : sent.contact_email,
    published: sent.published,
    registrationAutoApprove: sent.registration_auto_approve,
    allowRobotSubmissions: sent.allow_robot_submissions,
    enableDetailedResults: sent.enable_detailed_results,
    showDetailedResultsInSubmissionPanel: sent.show_detailed_results_in_submission_panel,
    showDetailedResultsInLeaderboard: sent.show_detailed_results_in_leaderboard,
    autoRunSubmissions: sent.auto_run_submissions,
    canParticipantsMakeSubmissionsPublic: sent.can_participants_make_submissions_public,
    makeProgramsAvailable: sent.make_programs_available,
    makeInputDataAvailable: sent.make_input_data_available,
    forumEnabled: sent.forum_enabled,
    factSheet: sent.fact_sheet === undefined ? undefined : toQuestions(sent.fact_sheet ?? {}),
    logo: sent.logo,
    collaborators: sent.collaborators,
    terms: sent.terms,
    pages: sent.pages
      ?.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0))
      .map(({ title, content }) => ({ title, source: content })),
  };
}

function toQuestions(sheet: Record<string, z.infer<typeof question>>): FactSheetQuestion[] {
  return Object.values(sheet).map(({ key, type, title, selection, is_required, is_on_leaderboard }) => ({
    key,
    type,
    title,
    selection: [selection].flat().filter((choice) => choice !== ''),
    isRequired: String(is_required) === 'true',
    isOnLeaderboard: String(is_on_leaderboard) === 'true',
  }));
}
