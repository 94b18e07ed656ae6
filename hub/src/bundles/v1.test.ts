import { describe, expect, test } from 'vitest';
import { type BundleFileContents, brief, readYamlBundle } from './testing/bundle.ts';

const yaml = `title: !!python/unicode 'Old'
description: d
image: logo.gif
has_registration: false
competition_docker_image: ''
end_date: null
admin_names: someone
html:
  overview: overview.md
  terms: empty.md
  データ: empty.md
  evaluation: overview.md
phases:
  2:
    phasenumber: 2
    label: Final
    start_date: 2015-02-01 12:00:00
    auto_migration: true
    reference_data: AAAAAAAA-2222-3333-4444-555555555555
    color: blue
  1: &first
    phasenumber: 1
    label: Development
    start_date: 2014-08-22
    max_submissions: 0
    max_submissions_per_day: 7
    scoring_program: scoring.zip
    ingestion_program: programs/
    ingestion_program_only_during_scoring: true
leaderboard:
  leaderboards:
    RESULTS: &results {label: Results, rank: 1}
    OTHER: &other {label: Other, rank: 2}
  column_groups: {}
  columns:
    B: {leaderboard: *results, label: Bee, rank: 2, sort: asc, numeric_format: 4}
    A: {leaderboard: {label: RESULTS, rank: 1}, hidden: true}
    O: {leaderboard: *other, label: Oh, computed: {operation: Avg, fields: A}}
`;

const read = (text: string, files: BundleFileContents = {}) =>
  readYamlBundle(text, { 'empty.md': '', 'programs/run.py': 'p', ...files });

describe('a version 1 bundle', () => {
  test.each(['-1', '0', '1.5', "'1'"])('takes %s for the number of a phase', async (number) => {
    const { bundle, problems } = await read(yaml.replace('phasenumber: 1\n', `phasenumber: ${number}\n`));
    expect(problems).toEqual([]);
    expect(bundle?.phases.map(({ name }) => name)).toEqual(['Development', 'Final']);
  });

  test('becomes the model of version 2', async () => {
    const { bundle, problems } = await read(yaml);
    expect(problems).toEqual([]);
    expect(bundle).toMatchObject({
      format: '1.5',
      title: 'Old',
      image: 'logo.gif',
      dockerImage: 'codalab/codalab-legacy:py37',
      registrationAutoApprove: true,
      terms: { file: 'empty.md', source: '' },
      pages: [{ title: 'overview' }, { title: 'データ', source: '' }, { title: 'evaluation' }],
      phases: [
        {
          name: 'Development',
          start: new Date('2014-08-22T00:00:00Z'),
          end: new Date('2015-01-31T12:00:00Z'),
          maxSubmissionsPerPerson: null,
          maxSubmissionsPerDay: 7,
          executionTimeLimit: 600,
          resources: null,
          autoMigrateToThisPhase: false,
          tasks: [0],
        },
        { name: 'Final', end: null, autoMigrateToThisPhase: true, tasks: [1], maxSubmissionsPerDay: 5 },
      ],
      tasks: [
        {
          index: 0,
          name: 'Development Task',
          scoringProgram: { kind: 'path', path: 'scoring.zip' },
          ingestionProgram: { kind: 'path', path: 'programs', isDirectory: true },
          ingestionOnlyDuringScoring: true,
        },
        { index: 1, name: 'Final Task', scoringProgram: null, referenceData: { kind: 'key' } },
      ],
    });
  });

  test('has its columns by rank, bound to boards by label in any case', async () => {
    const { bundle } = await read(yaml);
    expect(bundle?.leaderboards).toEqual([
      {
        title: 'RESULTS',
        key: 'RESULTS',
        primaryIndex: 0,
        hidden: false,
        submissionRule: 'Add',
        taskRule: 'best',
        rankingTask: null,
        anonymous: false,
        splits: [],
        ladderStep: null,
        bootstrapSamples: null,
        columns: [
          {
            index: 0,
            title: 'A',
            key: 'A',
            sorting: 'desc',
            precision: 2,
            hidden: true,
            group: null,
            bounds: null,
            computation: null,
            declaration: null,
          },
          {
            index: 2,
            title: 'Bee',
            key: 'B',
            sorting: 'asc',
            precision: 4,
            hidden: false,
            group: null,
            bounds: null,
            computation: null,
            declaration: null,
          },
        ],
      },
      expect.objectContaining({ key: 'OTHER' }),
    ]);
  });

  test('has its columns numbered over all boards, and a board ranked by the first of its own', async () => {
    const { bundle, problems } = await read(`${yaml.slice(0, yaml.indexOf('leaderboard:'))}leaderboard:
  leaderboards:
    F1: &f1 {label: Second task}
    CER: &cer {label: First task}
  columns:
    f1: {leaderboard: *f1, rank: 2}
    cer: {leaderboard: *cer, rank: 1}
    mean: {leaderboard: *f1, rank: 3, computed: {operation: Avg, fields: f1}}
`);
    expect(problems).toEqual([]);
    expect(
      bundle?.leaderboards.map(({ key, primaryIndex, columns }) => [
        key,
        primaryIndex,
        columns.map((column) => [column.key, column.index, column.computation?.indexes]),
      ]),
    ).toEqual([
      [
        'F1',
        1,
        [
          ['f1', 1, undefined],
          ['mean', 2, [1]],
        ],
      ],
      ['CER', 0, [['cer', 0, undefined]]],
    ]);
  });

  test('says of which parallel phases nobody can submit to, and what takes the place of their own keys', async () => {
    const own =
      'phasenumber: 2\n    parent_phasenumber: 3\n    phase_never_ends: true\n    hidden_columns: A';
    const parent =
      '  3: {phasenumber: 0, label: All, start_date: 2014-08-22, is_parallel_parent: true}\nleaderboard:';
    const { bundle, notes } = await read(
      yaml
        .replace('phasenumber: 2', own)
        .replace('2015-02-01 12:00:00', '2014-08-22')
        .replace('auto_migration: true', '')
        .replace('leaderboard:', parent),
    );
    expect(bundle?.phases.map(({ name }) => name)).toEqual(['Development', 'Final']);
    expect(brief(notes)).toEqual(
      expect.arrayContaining([
        'parallel_parent_dropped phases.3.is_parallel_parent',
        'phase_never_open phases.1.start_date',
        'key_not_taken_over phases.2.phase_never_ends',
        'key_not_taken_over phases.2.hidden_columns',
      ]),
    );
  });

  test('without phases is told so once', async () => {
    const { problems } = await read(yaml.replace(/phases:\n(?: {2}.*\n)+/, ''));
    expect(brief(problems)).toEqual(['key_missing phases']);
    expect(brief((await read(yaml.replace(/phases:\n(?: {2}.*\n)+/, 'phases: {}\n'))).problems)).toEqual([
      'phases_missing phases',
    ]);
  });

  test('says what it ignores', async () => {
    const { notes } = await read(yaml);
    expect(brief(notes).sort()).toEqual([
      'computed_left_empty leaderboard.columns.O.computed',
      'key_ignored phases.2.color',
      'key_not_taken_over admin_names',
      'leaderboards_unused leaderboard.leaderboards',
      'yaml_tag_ignored',
    ]);
  });

  test('keeps the groups of its columns, and those computed from ranks', async () => {
    const { bundle, problems, notes } = await read(`${yaml.slice(0, yaml.indexOf('leaderboard:'))}leaderboard:
  leaderboards:
    R: &r {label: Results, rank: 1}
  column_groups:
    one: &one {label: Lesions, rank: 1}
    two: {label: Organs, rank: 2}
  columns:
    mean: {leaderboard: *r, label: Mean rank, rank: 1, computed: {operation: Avg, fields: "dice, hd", weights: "2, 1"}}
    rr: {leaderboard: *r, rank: 2, sort: desc, computed: {operation: MRR, fields: [dice, hd], weights: [1]}}
    dice: {leaderboard: *r, rank: 3, column_group: *one}
    hd: {leaderboard: *r, rank: 4, column_group: two, selection_default: 1}
    other: {leaderboard: *r, rank: 5, column_group: three, computed: {operation: Median, fields: dice}}
    itself: {leaderboard: *r, rank: 6, computed: {operation: Avg, fields: itself}}
`);
    expect(problems).toEqual([]);
    expect(
      bundle?.leaderboards[0]?.columns.map(({ key, group, sorting, computation }) => [
        key,
        group,
        sorting,
        computation,
      ]),
    ).toEqual([
      ['mean', null, 'asc', { kind: 'avg_rank', indexes: [2, 3], weights: [2, 1] }],
      ['rr', null, 'desc', { kind: 'mrr', indexes: [2, 3], weights: null }],
      ['dice', 'Lesions', 'desc', null],
      ['hd', 'Organs', 'desc', null],
      ['other', null, 'desc', null],
      ['itself', null, 'desc', null],
    ]);
    expect(brief(notes)).toEqual(
      expect.arrayContaining([
        'default_taken leaderboard.columns.mean.sort',
        'weights_ignored leaderboard.columns.rr.computed.weights',
        'key_not_taken_over leaderboard.columns.hd.selection_default',
        'column_group_unknown leaderboard.columns.other.column_group',
        'computed_left_empty leaderboard.columns.other.computed',
        'computed_left_empty leaderboard.columns.itself.computed',
      ]),
    );
  });

  test('is not kept out by what Codabench never looks at', async () => {
    const { bundle, notes } = await read(
      `${yaml.replace('has_registration: false', 'has_registration: on request')}force_submission_to_leaderboard: true\nenable_forum: perhaps\nreward: [1]\nallow_teams: false\n`,
    );
    expect(bundle).toMatchObject({ registrationAutoApprove: false, forumEnabled: true, reward: null });
    expect(brief(notes)).toEqual(
      expect.arrayContaining([
        'key_not_taken_over force_submission_to_leaderboard',
        'not_a_boolean enable_forum',
        'not_text reward',
      ]),
    );
    expect(brief(notes).join()).not.toContain('allow_teams');
  });

  test('needs approval of registrations unless it says otherwise, and ends at end_date', async () => {
    const { bundle } = await read(
      yaml
        .replace('has_registration: false\n', '')
        .replace('end_date: null', 'end_date: 2016-01-01 10:00:00'),
    );
    expect(bundle?.registrationAutoApprove).toBe(false);
    expect(bundle?.phases.at(-1)?.end).toEqual(new Date('2016-01-01T10:00:00Z'));
    expect(
      (await read(yaml.replace('end_date: null', "end_date: 'null'"))).bundle?.phases.at(-1)?.end,
    ).toBeNull();
  });

  test('of parallel phases keeps the children, dates as they come out', async () => {
    const parallel = yaml
      .replace('phasenumber: 1\n', 'phasenumber: 1\n    is_parallel_parent: true\n')
      .replace(
        '  1: &first',
        '  3: {phasenumber: 3, label: Twin, start_date: 2015-02-01 12:00:00, parent_phasenumber: 1}\n  1: &first',
      )
      .replace('    auto_migration: true\n', '');
    const { bundle, problems, notes } = await read(parallel);
    expect(problems).toEqual([]);
    expect(bundle?.phases).toMatchObject([
      { name: 'Final', start: new Date('2015-02-01T12:00:00Z'), end: new Date('2015-01-31T12:00:00Z') },
      { name: 'Twin' },
    ]);
    expect(brief(notes)).toContain('parallel_parent_dropped phases.1.is_parallel_parent');
  });

  test.each([
    ['no pages', /html:\n(?: {2}.*\n)+/, '', ['key_missing html', 'key_missing html.terms']],
    ['no terms', '  terms: empty.md\n', '', ['key_missing html.terms']],
    ['a page that is not there', 'overview: overview.md', 'overview: o.html', ['file_missing html.overview']],
    [
      'no leaderboard',
      /leaderboard:\n(?: {2}.*\n)+/,
      '',
      ['key_missing leaderboard', 'key_missing leaderboard.columns', 'key_missing leaderboard.leaderboards'],
    ],
    [
      'an empty map of boards',
      /leaderboard:\n(?: {2}.*\n)+/,
      'leaderboard: {leaderboards: {}, columns: {}}\n',
      ['leaderboards_missing leaderboard.leaderboards'],
    ],
    [
      'a board without columns',
      'leaderboard: *other',
      'leaderboard: *results',
      ['columns_missing leaderboard.leaderboards.OTHER.columns'],
    ],
    ['a phase without a date', '    start_date: 2014-08-22\n', '', ['key_missing phases.1.start_date']],
    ['a label too long for a task', 'Development', 'd'.repeat(252), ['text_too_long phases.1.label']],
    ['a long column title', 'Bee', 'b'.repeat(37), ['text_too_long leaderboard.columns.B.label']],
    [
      'a strange limit',
      'max_submissions: 0',
      'max_submissions: many',
      ['not_an_integer phases.1.max_submissions'],
    ],
  ])('with %s is refused', async (_, from, to, expected) => {
    const { bundle, problems } = await read(yaml.replace(from, to));
    expect(bundle).toBeNull();
    expect(brief(problems).sort()).toEqual(expected);
  });
});
