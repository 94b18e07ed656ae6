import fc from 'fast-check';
import {
  type Bundle,
  type BundleColumn,
  type BundleComputation,
  type BundleLeaderboard,
  type BundlePhase,
  type BundleSolution,
  type BundleTask,
  COMPUTATION_KINDS,
  type DataReference,
  type FactSheetQuestion,
  type FileDescription,
  type ScoreDeclaration,
  type SiteData,
  SPLIT_VISIBILITIES,
  TASK_RULES,
} from '../model.ts';

/** What a person may have typed anywhere, but for the NUL that PostgreSQL does not take. */
const anyText = (maxLength: number) =>
  fc.string({ unit: 'binary', maxLength }).map((text) => text.replaceAll('\0', '').trim());
const name = (maxLength: number) => anyText(maxLength - 1).map((text) => text || 'x');
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const key = fc.uuid();
const source = fc
  .tuple(fc.constantFrom('', '', '\u{feff}', '# '), fc.string({ unit: 'binary', maxLength: 60 }))
  .map((parts) => parts.join('').replaceAll('\0', ''));
const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true });

/** A few, so that tasks and phases share some. */
const path = fc.constantFrom('data/a.zip', 'data/b b.zip', 'データ.zip', 'data/c');
const fileReference = path.map((path): DataReference => ({ kind: 'path', path, isDirectory: false }));
const reference: fc.Arbitrary<DataReference> = fc.oneof(
  { weight: 3, arbitrary: fileReference },
  { weight: 1, arbitrary: fc.constant<DataReference>({ kind: 'path', path: 'folder', isDirectory: true }) },
  { weight: 1, arbitrary: key.map((key): DataReference => ({ kind: 'key', key })) },
);

const siteData: fc.Arbitrary<SiteData> = fc
  .record({
    name: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/),
    version: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
    parts: fc.constantFrom([true, true], [true, false], [false, true]),
    sites: orNull(
      fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z]$/), { minLength: 3, maxLength: 5 }),
    ),
    quorum: orNull(fc.integer({ min: 1, max: 3 })),
    minSites: fc.integer({ min: 1, max: 3 }),
    combine: fc.constantFrom('mean' as const, 'weighted' as const, 'median' as const, 'worst' as const),
    weight: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
    missing: fc.constantFrom('ignore' as const, 'worst' as const, 'wait' as const),
    perSite: fc.constantFrom('shown' as const, 'hidden' as const),
  })
  .map(({ name, version, parts: [input = true, reference = true], ...rule }) => ({
    name,
    version,
    input,
    reference,
    rule: {
      ...rule,
      weight: rule.combine === 'weighted' ? rule.weight : null,
      quorum: rule.missing === 'wait' ? null : rule.quorum,
    },
  }));

const attestation = fc.nat().map((number) => {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: `${number}` } }],
  };
  return JSON.stringify({
    payloadType: 'application/vnd.in-toto+json',
    payload: Buffer.from(JSON.stringify(statement)).toString('base64'),
    signatures: [{ sig: 'c2ln' }],
  });
});

const tasks: fc.Arbitrary<BundleTask[]> = fc
  .array(
    fc.record({
      name: name(256),
      description: anyText(200),
      ingestionOnlyDuringScoring: fc.boolean(),
      scoringProgram: orNull(reference),
      ingestionProgram: orNull(reference),
      inputData: orNull(reference),
      referenceData: orNull(reference),
      siteData: orNull(siteData),
      attestations: fc.array(attestation, { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((list) => list.map((task, place) => ({ kind: 'new', index: place * 3, ...task })));

const declaration: fc.Arbitrary<ScoreDeclaration | null> = fc
  .record({
    type: orNull(fc.constantFrom('decimal' as const, 'integer' as const)),
    range: fc
      .tuple(orNull(fc.double({ noNaN: true, noDefaultInfinity: true })), orNull(positive))
      .map(([low, size]) => ({ min: low, max: low === null ? size : size === null ? null : low + size + 1 }))
      .filter(({ min, max }) => min === null || max === null || min < max),
    decimals: orNull(fc.nat({ max: 15 })),
    unit: anyText(16),
    minCases: fc.nat({ max: 1_000 }),
  })
  .map(({ range: { min, max }, ...rest }) => {
    const plain = (bound: number | null) => (bound === 0 ? 0 : bound);
    const declared = { ...rest, min: plain(min), max: plain(max) };
    if (declared.type === 'integer') declared.decimals = null;
    const { type, decimals, unit, minCases } = declared;
    const saysNothing = [type, decimals, declared.min, declared.max].every((value) => value === null);
    return saysNothing && unit === '' && minCases === 0 ? null : declared;
  });

const columns: fc.Arbitrary<BundleColumn[]> = fc
  .array(
    fc.record({
      title: name(36),
      sorting: fc.constantFrom('asc' as const, 'desc' as const),
      precision: fc.nat({ max: 10 }),
      hidden: fc.boolean(),
      group: orNull(name(36)),
      isBounded: fc.boolean(),
      kind: orNull(fc.constantFrom(...COMPUTATION_KINDS)),
      weights: orNull(fc.array(positive, { minLength: 2, maxLength: 2 })),
      declaration,
    }),
    { minLength: 3, maxLength: 5 },
  )
  .map((list) =>
    list.map(({ kind, weights, isBounded, ...column }, index) => {
      const computation = index < 2 || kind === null ? null : computed(kind, weights);
      const unit = column.declaration?.unit ?? '';
      const ofComputed =
        unit === '' ? null : { type: null, min: null, max: null, decimals: null, unit, minCases: 0 };
      return {
        ...column,
        index,
        key: `c${index}`,
        bounds: isBounded && index === 0 ? { low: 1, high: 2 } : null,
        computation,
        declaration: computation ? ofComputed : column.declaration,
      };
    }),
  );

function computed(kind: BundleComputation['kind'], weights: number[] | null): BundleComputation {
  const takesWeights = kind === 'weighted' || kind === 'avg_rank' || kind === 'mrr';
  return {
    kind,
    indexes: [0, 1],
    weights: takesWeights ? (weights ?? (kind === 'weighted' ? [1, 2] : null)) : null,
  };
}

/** To the millisecond, with and without fractions of a second. */
const date = fc.date({
  min: new Date('1990-01-01T00:00:00Z'),
  max: new Date('2199-12-31T23:59:59Z'),
  noInvalidDate: true,
});

const leaderboard = fc
  .record({
    title: name(64),
    key: name(36),
    primaryIndex: fc.nat({ max: 2 }),
    hidden: fc.boolean(),
    submissionRule: fc.constantFrom(
      'Add' as const,
      'Force_Best' as const,
      'Add_And_Delete_Multiple' as const,
    ),
    taskRule: fc.constantFrom(...TASK_RULES),
    anonymous: fc.boolean(),
    columns,
    split: orNull(
      fc.record({
        key: name(36),
        title: name(64),
        visibility: fc.constantFrom(...SPLIT_VISIBILITIES),
        visibleFrom: orNull(date),
      }),
    ),
    ladderStep: orNull(fc.constantFrom(0.001, 0.5, 3)),
    bootstrapSamples: orNull(fc.integer({ min: 100, max: 10_000 })),
  })
  .map(({ split, ladderStep, bootstrapSamples, ...board }): BundleLeaderboard => {
    const { taskRule, submissionRule, primaryIndex, columns } = board;
    const byRank = (index: number) => ['avg_rank', 'mrr'].includes(columns[index]?.computation?.kind ?? '');
    const own = [0, 1].filter((index) => index !== primaryIndex);
    const mayClimb = submissionRule === 'Force_Best' && taskRule !== 'average_rank' && !byRank(primaryIndex);
    return {
      ...board,
      rankingTask: taskRule === 'task' ? 0 : null,
      columns: columns.map((column) =>
        split && own.includes(column.index) ? { ...column, hidden: true } : column,
      ),
      splits: split
        ? [{ ...split, visibleFrom: split.visibleFrom?.toISOString() ?? null, columns: own }]
        : [],
      ladderStep: mayClimb ? ladderStep : null,
      bootstrapSamples: taskRule === 'mean' || taskRule === 'sum' ? bootstrapSamples : null,
    };
  });
const leaderboards = fc.array(leaderboard, { minLength: 1, maxLength: 3 });

const phase = fc.record({
  name: name(256),
  description: anyText(200),
  start: date,
  end: orNull(date),
  maxSubmissionsPerDay: orNull(fc.integer({ min: 1, max: 1_000 })),
  maxSubmissionsPerMonth: orNull(fc.integer({ min: 1, max: 1_000 })),
  maxSubmissionsPerPerson: orNull(fc.integer({ min: 1, max: 1_000 })),
  maxConcurrentSubmissions: orNull(fc.integer({ min: 1, max: 100 })),
  keepFormerVersions: fc.boolean(),
  executionTimeLimit: fc.integer({ min: 1, max: 100_000 }),
  resources: orNull(
    fc.record({
      memoryBytes: orNull(fc.integer({ min: 2 ** 24, max: 2 ** 36 })),
      cpuMillis: orNull(fc.integer({ min: 10, max: 16_000 })),
      diskBytes: orNull(fc.integer({ min: 2 ** 20, max: 2 ** 37 })),
      gpus: orNull(fc.nat({ max: 8 })),
    }),
  ),
  autoMigrateToThisPhase: fc.boolean(),
  hideOutput: fc.boolean(),
  hidePredictionOutput: fc.boolean(),
  hideScoreOutput: fc.boolean(),
  publicData: orNull(reference),
  startingKit: orNull(reference),
});

const question = fc.record({
  key: name(20),
  type: fc.constantFrom('checkbox' as const, 'text' as const, 'select' as const),
  title: anyText(40),
  selection: fc.array(anyText(10), { maxLength: 3 }),
  isRequired: fc.boolean(),
  isOnLeaderboard: fc.boolean(),
});
const factSheet: fc.Arbitrary<FactSheetQuestion[]> = fc.uniqueArray(question, {
  maxLength: 3,
  selector: ({ key }) => key,
});

const description: fc.Arbitrary<FileDescription> = fc.record({
  name: orNull(name(40)),
  fileName: orNull(name(40)),
  description: anyText(40),
});

const parts = fc.record({
  isDump: fc.boolean(),
  title: name(256),
  description: anyText(200),
  image: orNull(fc.constant('logo.gif')),
  terms: fc.record({ file: fc.constantFrom('terms.md', 'terms.html'), source }),
  dockerImage: name(128),
  competitionType: fc.constantFrom('competition' as const, 'benchmark' as const),
  registrationAutoApprove: fc.boolean(),
  enableDetailedResults: fc.boolean(),
  showDetailedResultsInSubmissionPanel: fc.boolean(),
  showDetailedResultsInLeaderboard: fc.boolean(),
  autoRunSubmissions: fc.boolean(),
  canParticipantsMakeSubmissionsPublic: fc.boolean(),
  makeProgramsAvailable: fc.boolean(),
  makeInputDataAvailable: fc.boolean(),
  allowRobotSubmissions: fc.boolean(),
  forumEnabled: fc.boolean(),
  reward: orNull(name(256)),
  contactEmail: orNull(fc.constantFrom('a@example.org', "o'hara+x@example.org")),
  queue: orNull(key),
  logs: orNull(fc.constantFrom('none' as const, 'codes' as const, 'full' as const)),
  factSheet,
  requiredAttributes: fc.array(
    fc.record({
      name: fc.constantFrom('email_domain', 'affiliation', 'orcid', 'visa:ControlledAccessGrants'),
      values: fc.array(
        fc.constantFrom('uni.example', 'https://data.example/1', '0000-0002-1825-0097', 'true'),
      ),
    }),
    { maxLength: 3 },
  ),
  pages: fc.array(fc.record({ title: name(100), extension: fc.constantFrom('md', 'html'), source }), {
    maxLength: 3,
  }),
  tasks,
  solutions: fc.array(
    fc.record({ name: orNull(name(256)), description: anyText(100), data: reference, all: fc.boolean() }),
    { maxLength: 2 },
  ),
  phases: fc.array(phase, { minLength: 1, maxLength: 3 }),
  leaderboards,
  files: fc.array(fc.tuple(path, description), { maxLength: 3 }),
  choice: fc.nat(),
});

/**
 * Any bundle that version 2 can express: all that a hub's dump may hold or, when it is none, all that a person may write. With `onlyData` it names
 * nothing by key.
 */
export function anyBundle({ isDump }: { isDump?: boolean } = {}): fc.Arbitrary<Bundle> {
  return parts.map(({ choice, pages, solutions, files, phases, ...rest }) => {
    const bundle: Bundle = {
      ...rest,
      format: '2',
      isDump: isDump ?? rest.isDump,
      pages: pages.map(({ extension, ...page }, index) => ({ ...page, file: `pages/${index}.${extension}` })),
      solutions: solutions.map((solution, index) => toSolution(solution, index, rest.tasks)),
      phases: phases.map((phase, index) => ({
        ...phase,
        tasks: rest.tasks.slice(0, 1 + ((choice + index) % rest.tasks.length)).map((task) => task.index),
        ...boardOf(phase, rest.leaderboards, choice + index),
      })),
      files: new Map(),
    };
    const whole = bundle.isDump ? bundle : asWrittenByAPerson(bundle);
    return { ...whole, files: new Map(files.filter(([path]) => pathsOf(whole).includes(path))) };
  });
}

/** What leaves the outputs of a phase open would tell what the board keeps back. */
function boardOf(phase: { hideOutput: boolean }, boards: readonly BundleLeaderboard[], choice: number) {
  const leaderboard = choice % boards.length;
  return { leaderboard, hideOutput: phase.hideOutput || (boards[leaderboard]?.ladderStep ?? null) !== null };
}

function toSolution(
  solution: { name: string | null; description: string; data: DataReference; all: boolean },
  index: number,
  tasks: readonly BundleTask[],
): BundleSolution {
  const { name, description, data, all } = solution;
  const common = {
    index,
    name,
    description,
    tasks: tasks.slice(0, all ? undefined : 1).map((task) => task.index),
  };
  return data.kind === 'key' ? { ...common, kind: 'key', key: data.key } : { ...common, kind: 'new', data };
}

function asWrittenByAPerson(bundle: Bundle): Bundle {
  const phases = bundle.phases
    .slice(0, 1)
    .map((phase): BundlePhase => ({ ...phase, autoMigrateToThisPhase: false }));
  return {
    ...bundle,
    image: 'logo.gif',
    terms: { ...bundle.terms, source: `${bundle.terms.source}.` },
    pages: bundle.pages.map((page) => ({ ...page, source: `${page.source}.` })),
    tasks: bundle.tasks.map((task) =>
      task.kind === 'new' && task.scoringProgram === null
        ? { ...task, scoringProgram: { kind: 'path', path: 'data/c', isDirectory: false } }
        : task,
    ),
    phases,
  };
}

/** Files that must be in the archive for the bundle's references; one for each folder. */
export function pathsOf(bundle: Bundle): string[] {
  const references = [
    ...bundle.phases.flatMap((phase) => [phase.publicData, phase.startingKit]),
    ...bundle.tasks.flatMap((task) =>
      task.kind === 'new'
        ? [task.scoringProgram, task.ingestionProgram, task.inputData, task.referenceData]
        : [],
    ),
    ...bundle.solutions.map((solution) => (solution.kind === 'new' ? solution.data : null)),
  ];
  const paths = references.flatMap((reference) => {
    if (reference?.kind !== 'path') return [];
    return [reference.isDirectory ? `${reference.path}/file` : reference.path];
  });
  return [...new Set(paths)];
}
