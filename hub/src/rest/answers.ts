import { z } from 'zod';
import { submissionStatus } from '../submissions/schema.ts';
import { toJsonSchema } from './json-schema.ts';

const id = z.int();
const text = z.string();
const url = z.string().nullable();
/** As JSON holds it. */
const moment = z.string();
const status = z.enum(submissionStatus.enumValues);
const answersGiven = z.record(z.string(), z.unknown()).nullable();

const score = z.object({
  id,
  index: z.int(),
  column_key: text,
  score: text.describe('With ten decimals'),
  precision: z.int().optional(),
  is_primary: z.boolean().optional(),
});

const column = z.object({
  id,
  index: z.int(),
  key: text,
  title: text,
  sorting: z.enum(['asc', 'desc']),
  precision: z.int(),
  hidden: z.boolean(),
  computation: text.nullable(),
  computation_indexes: z.array(text).nullable(),
});

const board = z.object({
  id,
  title: text,
  key: text,
  primary_index: z.int(),
  hidden: z.boolean(),
  submission_rule: text,
  columns: z.array(column),
});

const file = z.object({ id, key: text.nullable(), name: text, file_size: z.int(), url: text }).nullable();

const phase = z.object({
  id,
  index: z.int(),
  name: text,
  description: text,
  start: moment,
  end: moment.nullable(),
  status: z.enum(['Previous', 'Current', 'Next']),
  is_final_phase: z.boolean(),
  max_submissions_per_day: z.int().nullable(),
  max_submissions_per_person: z.int().nullable(),
  has_max_submissions: z.boolean(),
  execution_time_limit: z.int(),
  auto_migrate_to_this_phase: z.boolean(),
  hide_output: z.boolean(),
  hide_prediction_output: z.boolean(),
  hide_score_output: z.boolean(),
  leaderboard: id,
});

const phaseDetail = phase.extend({
  tasks: z.array(
    z.object({
      id,
      key: text,
      value: text,
      task: text,
      name: text,
      description: text,
      order_index: z.int(),
      created_when: moment.nullable(),
      solutions: z.array(z.object({ key: text, name: text, data: text, md5: text.nullable() })),
      public_datasets: z
        .array(z.object({ id, key: text, type: text, name: text, file_name: text }))
        .describe('Programs and data that you may download'),
    }),
  ),
  public_data: file,
  starting_kit: file,
});

const card = z.object({
  id,
  title: text,
  created_by: text,
  owner_display_name: text,
  created_when: moment,
  published: z.boolean(),
  participants_count: z.int(),
  submissions_count: z.int(),
  logo: url,
  description: text,
  competition_type: z.enum(['competition', 'benchmark']),
  reward: text.nullable(),
});

/** What is answered, by its name in the description. Answers may hold more than is said of them here, never less. */
export const ANSWERS = {
  Error: z
    .looseObject({ detail: text.optional(), code: text.optional() })
    .describe('Either what is wrong with the whole, or problems by the name of a field'),
  Token: z.object({ token: text }),
  Allowance: z.object({ can: z.boolean(), reason: text.nullable() }),
  Upload: z.object({ key: text, sassy_url: text.describe('Takes the bytes by PUT, without a token') }),
  Dataset: z.object({
    id,
    key: text,
    name: text,
    description: text,
    type: text,
    is_public: z.boolean(),
    file_name: text,
    file_size: z.number().nullable(),
    created_by: text,
    created_when: moment,
    upload_completed_successfully: z.boolean(),
  }),
  CompetitionCard: card,
  Competition: z.object({
    id,
    title: text,
    published: z.boolean(),
    secret_key: text.optional(),
    created_by: text,
    terms: text,
    description: text,
    docker_image: text,
    pages: z.array(
      z.object({
        id,
        index: z.int(),
        title: text,
        content: text.describe('Markdown or HTML, as it was uploaded'),
        html: text.describe('Rendered and made safe'),
      }),
    ),
    phases: z.array(
      phaseDetail.extend({
        used_submissions_per_day: z.int(),
        used_submissions_per_person: z.int(),
      }),
    ),
    leaderboards: z.array(board),
    collaborators: z.array(z.object({ id, name: text, username: text })),
    participant_status: text.nullable(),
    registration_auto_approve: z.boolean(),
    admin: z.boolean(),
    fact_sheet: z.unknown(),
  }),
  Creation: z.object({
    status: z.enum(['Starting', 'Finished', 'Failed']),
    details: text,
    resulting_competition: id.nullable(),
    created_by: text.nullable(),
    check_only: z.boolean().describe('Nothing but problems is to come of it'),
    problems: z
      .array(
        z.object({
          severity: z.enum(['error', 'note']),
          code: text,
          message: text,
          cure: text,
          file: text.nullable(),
          line: z.int().nullable(),
          where: text,
        }),
      )
      .describe('All of them together, and notes on what was odd'),
  }),
  Phase: phase.extend({
    competition: id,
    tasks: z.array(text).describe('Keys of its tasks'),
    public_data: id.nullable(),
    starting_kit: id.nullable(),
  }),
  Board: z.object({
    id,
    title: text,
    primary_index: z.int(),
    fact_sheet_keys: z.array(z.array(text)).nullable(),
    tasks: z.array(z.object({ id, name: text, colWidth: z.int(), columns: z.array(column) })),
    submissions: z.array(
      z.object({
        id,
        owner: text.nullable(),
        created_when: moment,
        fact_sheet_answers: answersGiven,
        scores: z.array(score.extend({ task_id: id })),
        detailed_results: z.array(z.object({ task: id, id })),
      }),
    ),
  }),
  Entries: z.object({ submissions: z.array(z.looseObject({ id, scores: z.array(score) })) }),
  Submission: z.object({
    pk: id,
    id,
    name: text,
    phase: id,
    phase_name: text,
    task: z.object({ id, key: text.nullable(), name: text.nullable() }).nullable(),
    parent: id.nullable(),
    children: z.array(id),
    has_children: z.boolean(),
    filename: text,
    description: text,
    created_when: moment,
    owner: text,
    status,
    status_details: text.nullable(),
    is_public: z.boolean(),
    is_specific_task_re_run: z.boolean(),
    scores: z.array(score),
    fact_sheet_answers: answersGiven,
    leaderboard: id.nullable(),
    on_leaderboard: z.boolean(),
  }),
  SubmissionCreated: z.object({
    id,
    data: text,
    phase: id,
    status,
    status_details: text.nullable(),
    filename: text,
    md5: text,
    created_when: text,
    scores: z.array(score),
  }),
  SubmissionDetails: z.object({
    logs: z.array(z.object({ name: text, data_file: text })),
    data_file: url,
    prediction_result: url,
    scoring_result: url,
    detailed_result: url,
    leaderboards: z.array(board),
    fact_sheet_answers: answersGiven,
  }),
  Done: z.object({
    done: z.array(id),
    refused: z.array(z.object({ id, code: text, message: text })),
  }),
  Participant: z.object({
    id,
    username: text,
    email: text,
    status: z.enum(['pending', 'approved', 'denied']),
    competition: id,
  }),
  Task: z.object({
    id,
    key: text,
    value: text,
    name: text,
    description: text,
    created_by: text,
    created_when: moment,
    is_public: z.boolean(),
    ingestion_only_during_scoring: z.boolean(),
    version: z.int(),
  }),
  Profile: z.object({ id, username: text, email: text, display_name: text, is_bot: z.boolean() }),
  Score: score,
} as const satisfies Record<string, z.ZodType>;

export type AnswerName = keyof typeof ANSWERS;

export const namedSchemas = () =>
  Object.entries(ANSWERS).map(([name, schema]) => ({ $id: name, ...toJsonSchema(schema) }));

export const one = (name: AnswerName) => ({ $ref: `${name}#` });
export const list = (name: AnswerName) => ({ type: 'array', items: one(name) });
/** Of lists that come as they are, or in pages when one is asked for. */
export const listOrPage = (name: AnswerName) => ({ anyOf: [list(name), page(name)] });
export const page = (name: AnswerName) => ({
  type: 'object',
  properties: {
    count: { type: 'integer' },
    next: { type: ['string', 'null'] },
    previous: { type: ['string', 'null'] },
    results: list(name),
  },
  required: ['count', 'next', 'previous', 'results'],
});
