import { describe, expect, test } from 'vitest';
import { brief, minimalYaml, readYamlBundle } from './testing/bundle.ts';

/** What real bundles do, in our own words: Codabench takes all of them. */
describe('accepted as elsewhere', () => {
  test.each([
    ['in quotes', '"2030-02-01 23:59:59 -12:00"', '"2030-02-02 00:00:00"'],
    ['without', '2030-02-01 23:59:59 -12:00', '2030-02-02'],
  ])('a phase that ends anywhere on earth before the next begins at UTC, %s', async (_, end, start) => {
    const next = `\n    end: ${end}\n  - name: Next\n    start: ${start}\n    tasks: [0]`;
    const { bundle, notes } = await readYamlBundle(minimalYaml.replace('tasks: [0]', `tasks: [0]${next}`));
    expect(brief(notes)).toEqual(['phases_overlap_by_offset phases[1].start']);
    expect(bundle?.phases[0]?.end).toEqual(new Date('2030-02-02T11:59:59Z'));
  });

  test('a description in quotes whose lines begin at the margin', async () => {
    const yaml = minimalYaml.replace('title: Sepsis', 'title: Sepsis\ndescription: "Find it\nearly."');
    expect((await readYamlBundle(yaml)).bundle?.description).toBe('Find it early.');
  });

  test('keys of the leaderboard, the phase and the task that nobody knows', async () => {
    const yaml = minimalYaml
      .replace('- title: Board', '- index: 0\n    title: Board')
      .replace('name: Main', 'name: Main\n    solutions: []\n    accepts_only_result_submissions: True')
      .replace('name: Predict', 'name: Predict\n    is_public: false');
    const { bundle, notes } = await readYamlBundle(yaml);
    expect(bundle).not.toBeNull();
    expect(brief(notes).every((note) => note.startsWith('key_ignored'))).toBe(true);
    expect(notes).toHaveLength(4);
  });

  test('the same title and the terms among the pages, months before days', async () => {
    const yaml = minimalYaml
      .replace(
        '  - {title: Overview, file: overview.md}',
        '  - {title: Terms, file: terms.md}\n  - {title: Terms, file: overview.md}',
      )
      .replace('2030-01-01', '03-06-2030\n    end: 12-31-2030');
    const { bundle } = await readYamlBundle(yaml);
    expect(bundle?.pages.map(({ title }) => title)).toEqual(['Terms', 'Terms']);
    expect(bundle?.phases[0]).toMatchObject({ start: new Date('2030-03-06'), end: new Date('2030-12-31') });
  });
});

test('solutions with a name for an index or of no task, and fact sheets that require nothing plainly', async () => {
  const sheet =
    '{key: a, type: text, title: A, selection: "", is_required: optional, is_on_leaderboard: "true"}';
  const { bundle, problems } = await readYamlBundle(
    `${minimalYaml}fact_sheet: {a: ${sheet}}
solutions:
  - {index: first, tasks: [0], path: scoring.zip}
  - {index: 1, tasks: [], path: scoring.zip}
`,
  );
  expect(problems).toEqual([]);
  expect(bundle?.solutions).toMatchObject([{ index: 0, tasks: [0] }]);
  expect(bundle?.factSheet).toMatchObject([{ isRequired: false, isOnLeaderboard: true }]);
});

test('a list of no tasks is none', async () => {
  const yaml = minimalYaml.replace(/tasks:\n {2}- index.*?(?=phases)/s, 'tasks: []\n');
  expect(brief((await readYamlBundle(yaml)).problems)).toEqual(['key_missing tasks']);
});

const version1 = `title: Old
image: logo.gif
has_registration: True
html: {terms: terms.md, Overview: overview.md}
phases:
  1:
    phasenumber: 1
    label: Practice
    start_date: 2030-05-01 18:53:00+00:00
    phase_never_ends: False
    scoring_program: scoring.zip
    datasets: {1: {name: Set, url: https://example.org/}}
  2:
    phasenumber: 2
    label: First
    start_date: 2030-06-15
    scoring_program: scoring.zip
  3:
    phasenumber: 2
    label: Earlier
    start_date: 2029-02-15
    scoring_program: scoring.zip
    auto_migration: true
leaderboard:
  leaderboards:
    Results: &R {label: RESULTS, rank: 1}
  columns:
    late: {leaderboard: *R, label: Late, rank: 1.5}
    early: {early: null, leaderboard: {label: results}, label: Early, rank: -1}
    middle: {leaderboard: *R, label: Middle}
`;

describe('version 1', () => {
  test('phases with the same number keep their order, also when they go back in time', async () => {
    const { bundle, problems } = await readYamlBundle(version1);
    expect(problems).toEqual([]);
    expect(bundle?.phases.map(({ name, end }) => [name, end?.toISOString().slice(0, 16) ?? null])).toEqual([
      ['Practice', '2030-06-14T00:00'],
      ['First', '2029-02-14T00:00'],
      ['Earlier', null],
    ]);
  });

  test('a phase whose parent is number 0 has none', async () => {
    const { bundle } = await readYamlBundle(
      version1.replace('label: First', 'label: First\n    parent_phasenumber: 0'),
    );
    expect(bundle?.phases).toHaveLength(3);
  });

  test('columns are in the order of their ranks, whatever numbers these are', async () => {
    const { bundle } = await readYamlBundle(version1);
    expect(bundle?.leaderboards[0]?.columns.map(({ key }) => key)).toEqual(['early', 'middle', 'late']);
  });
});

test('a bundle in the layout of version 2 that calls itself version 1 is told so, and nothing else', async () => {
  const { problems } = await readYamlBundle(minimalYaml.replace('version: 2', 'version: 1'));
  expect(brief(problems)).toEqual(['version_contradicts_layout version']);
});

test('without a version, what is wrong in the layout of version 2 is told together with that', async () => {
  const yaml = minimalYaml.replace('version: 2\n', '').replace('tasks: [0]', 'tasks: [1]');
  const { bundle, problems } = await readYamlBundle(yaml);
  expect(bundle).toBeNull();
  expect(brief(problems)).toEqual(['version_missing version', 'task_unknown phases[0].tasks']);
});

test('a phase that ends before it starts is taken, with a note that nobody can submit', async () => {
  const yaml = minimalYaml.replace('start: 2030-01-01', 'start: 2030-01-02\n    end: 2030-01-01');
  const { problems, notes } = await readYamlBundle(yaml);
  expect(problems).toEqual([]);
  expect(brief(notes)).toEqual(['phase_never_open phases[0].start']);
});

test('a date that leaves something out is filled up with that of today, and what was understood is said', async () => {
  const yaml = minimalYaml.replace('start: 2030-01-01', 'start: May 2030\n    execution_time_limit: ""');
  const { bundle, problems, notes } = await readYamlBundle(yaml);
  expect(problems).toEqual([]);
  const [phase] = bundle?.phases ?? [];
  expect(phase?.start.toISOString()).toMatch(/^2030-05-\d\dT00:00/);
  expect(phase?.executionTimeLimit).toBe(600);
  const note = notes.find(({ code }) => code === 'date_incomplete');
  expect(note?.message).toContain(`does not say the day`);
  expect(note?.message).toContain(phase?.start.toISOString());
});
