import { rawZip } from '../fixtures/archives/raw-zip.ts';

export type Files = Readonly<Record<string, string | Buffer>>;

/** The smallest picture there is: one GIF pixel. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

export function zip(files: Files): Buffer {
  return rawZip(Object.entries(files).map(([name, content]) => ({ name, content })));
}

export interface TaskOptions {
  readonly name?: string;
  /** NAME@VERSION, or a mapping as the bundle has it: input and reference come from the sites. */
  readonly siteData?: string | Readonly<Record<string, unknown>>;
  readonly input?: Files;
  readonly reference?: Files;
  /** Runs beside the submission, or beside scoring where that is said. */
  readonly ingestionProgram?: Files;
  readonly ingestionOnlyDuringScoring?: boolean;
}

export interface BundleOptions {
  readonly title?: string;
  readonly image?: string;
  readonly tasks?: readonly TaskOptions[];
  readonly scoringProgram?: Files;
  /** Keys of the columns, or what a column declares besides its key, the primary one first; higher is better. */
  readonly columns?: readonly (string | { readonly key: string; readonly [declared: string]: unknown })[];
  /** More keys of the leaderboard. */
  readonly board?: Readonly<Record<string, unknown>>;
  readonly submissionRule?: 'Add' | 'Force_Last' | 'Force_Best';
  /** Markdown or HTML of the one page. */
  readonly page?: string;
  readonly terms?: string;
  readonly stepSeconds?: number;
  /** What a step may write, like 256MiB. Nodes count with twice as much for each run. */
  readonly disk?: string;
  readonly maxSubmissions?: number;
  readonly maxSubmissionsPerDay?: number;
  /** When a second phase begins, which takes over the board of the first. */
  readonly nextPhaseStarts?: string;
  /** Keys to the bundle's questions, without what each repeats of its key. */
  readonly factSheet?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly logs?: 'none' | 'codes' | 'scrubbed' | 'full';
  /** More files of the archive, or others in the place of those made here. */
  readonly files?: Files;
}

/**
 * A scoring program on the standard library alone: the score is how near prediction.txt comes to truth.txt. It prints, and leaves a report.
 * The reference is optional, so that result submissions of any kind get some score.
 */
export const SCORE_BY_DISTANCE: Files = {
  metadata: 'command: python3 score.py\n',
  'score.py': `import json, os
prediction = float(open("/app/input/res/prediction.txt").read())
truth_file = "/app/input/ref/truth.txt"
truth = float(open(truth_file).read()) if os.path.exists(truth_file) else 0.0
score = 1 - abs(truth - prediction)
print("scored", score)
with open("/app/output/scores.json", "w") as out:
    json.dump({"score": score}, out)
with open("/app/output/detailed_results.html", "w") as out:
    out.write(f"<h1>Report</h1><p>score {score}</p>")
`,
};

/** A bundle of Codabench's version 2, made by code. YAML is a superset of JSON. */
export function competitionBundle(options: BundleOptions = {}): Buffer {
  const tasks = options.tasks ?? [{ reference: { 'truth.txt': '1' } }];
  const columns = options.columns ?? ['score'];
  const yaml = {
    version: 2,
    title: options.title ?? 'Distance',
    image: 'logo.gif',
    terms: 'terms.md',
    docker_image: options.image ?? process.env.WEIR_TEST_IMAGE ?? 'weir/python:3',
    registration_auto_approve: true,
    enable_detailed_results: true,
    ...(options.factSheet && { fact_sheet: withKeys(options.factSheet) }),
    ...(options.logs && { logs: options.logs }),
    pages: [{ title: 'Overview', file: 'overview.md' }],
    tasks: tasks.map((task, index) => ({
      index,
      name: task.name ?? `Task ${index + 1}`,
      scoring_program: 'scoring.zip',
      ...(task.siteData && { site_data: task.siteData }),
      ...(task.ingestionProgram && { ingestion_program: `ingestion-${index}.zip` }),
      ...(task.ingestionOnlyDuringScoring && { ingestion_only_during_scoring: true }),
      ...(task.input && { input_data: `input-${index}.zip` }),
      ...(task.reference && { reference_data: `reference-${index}.zip` }),
    })),
    phases: [
      {
        index: 0,
        name: 'Main',
        start: '2020-01-01',
        tasks: tasks.map((_, index) => index),
        execution_time_limit: options.stepSeconds ?? 60,
        ...(options.disk && { resources: { disk: options.disk } }),
        max_submissions: options.maxSubmissions ?? 1_000,
        max_submissions_per_day: options.maxSubmissionsPerDay ?? 1_000,
        ...(options.nextPhaseStarts && { end: '2020-01-02' }),
      },
      ...(options.nextPhaseStarts
        ? [
            {
              index: 1,
              name: 'Final',
              start: options.nextPhaseStarts,
              tasks: tasks.map((_, index) => index),
              auto_migrate_to_this_phase: true,
            },
          ]
        : []),
    ],
    leaderboards: [
      {
        title: 'Results',
        key: 'results',
        submission_rule: options.submissionRule ?? 'Force_Best',
        ...options.board,
        columns: columns.map((column, index) => {
          const declared = typeof column === 'string' ? { key: column } : column;
          return { index, title: declared.key, sorting: 'desc', precision: 3, ...declared };
        }),
      },
    ],
  };
  const data = tasks.flatMap(({ input, reference, ingestionProgram }, index): [string, Buffer][] => [
    ...(ingestionProgram ? [[`ingestion-${index}.zip`, zip(ingestionProgram)] as [string, Buffer]] : []),
    ...(input ? [[`input-${index}.zip`, zip(input)] as [string, Buffer]] : []),
    ...(reference ? [[`reference-${index}.zip`, zip(reference)] as [string, Buffer]] : []),
  ]);
  return zip({
    'competition.yaml': JSON.stringify(yaml, null, 2),
    'logo.gif': PIXEL,
    'terms.md': options.terms ?? 'Be fair.\n',
    'overview.md': options.page ?? '# Welcome\n',
    'scoring.zip': zip(options.scoringProgram ?? SCORE_BY_DISTANCE),
    ...Object.fromEntries(data),
    ...options.files,
  });
}

function withKeys(questions: NonNullable<BundleOptions['factSheet']>) {
  return Object.fromEntries(Object.entries(questions).map(([key, question]) => [key, { key, ...question }]));
}

/** A competition for the scripted engine: its image is the script, in the words of the node's script.ts. */
export function scriptedBundle(script: string, options: BundleOptions = {}): Buffer {
  return competitionBundle({ ...options, image: `scripted:${script}` });
}

/** A submission of results: no program, the files are the predictions. */
export function resultSubmission(prediction: number | string = 1): Buffer {
  return zip({ 'prediction.txt': String(prediction) });
}

/** A submission of code: one Python program. By default its prediction is the input. */
export function codeSubmission(program = COPY_INPUT): Buffer {
  return zip({ metadata: 'command: python3 main.py\n', 'main.py': program });
}

const COPY_INPUT = `value = open("/app/input_data/value.txt").read()
print("predicting", value)
with open("/app/output/prediction.txt", "w") as out:
    out.write(value)
`;
