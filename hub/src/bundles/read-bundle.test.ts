import { describe, expect, test } from 'vitest';
import { brief, minimalYaml, readYamlBundle } from './testing/bundle.ts';

describe('a minimal bundle', () => {
  test('has the defaults of Codabench', async () => {
    const { bundle, problems, notes } = await readYamlBundle(minimalYaml);
    expect(problems).toEqual([]);
    expect(notes).toEqual([]);
    expect(bundle).toEqual({
      format: '2',
      isDump: false,
      title: 'Sepsis',
      description: '',
      image: 'logo.gif',
      terms: { file: 'terms.md', source: '# Terms\n' },
      dockerImage: 'codalab/codalab-legacy:py37',
      competitionType: 'competition',
      registrationAutoApprove: false,
      enableDetailedResults: false,
      showDetailedResultsInSubmissionPanel: true,
      showDetailedResultsInLeaderboard: true,
      autoRunSubmissions: true,
      canParticipantsMakeSubmissionsPublic: true,
      makeProgramsAvailable: false,
      makeInputDataAvailable: false,
      allowRobotSubmissions: false,
      forumEnabled: true,
      reward: null,
      contactEmail: null,
      queue: null,
      logs: null,
      factSheet: [],
      requiredAttributes: [],
      pages: [{ title: 'Overview', file: 'overview.md', source: '# Overview\n' }],
      tasks: [
        {
          kind: 'new',
          index: 0,
          name: 'Predict',
          description: '',
          ingestionOnlyDuringScoring: false,
          scoringProgram: { kind: 'path', path: 'scoring.zip', isDirectory: false },
          ingestionProgram: null,
          inputData: null,
          referenceData: null,
          siteData: null,
          attestations: [],
        },
      ],
      solutions: [],
      phases: [
        {
          name: 'Main',
          description: '',
          start: new Date('2030-01-01T00:00:00Z'),
          end: null,
          maxSubmissionsPerDay: 5,
          maxSubmissionsPerMonth: null,
          maxSubmissionsPerPerson: 100,
          maxConcurrentSubmissions: null,
          keepFormerVersions: false,
          executionTimeLimit: 600,
          resources: null,
          autoMigrateToThisPhase: false,
          hideOutput: false,
          hidePredictionOutput: false,
          hideScoreOutput: false,
          tasks: [0],
          leaderboard: 0,
          publicData: null,
          startingKit: null,
        },
      ],
      leaderboards: [
        {
          title: 'Board',
          key: 'board',
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
              title: 'Score',
              key: 'score',
              sorting: 'desc',
              precision: 2,
              hidden: false,
              group: null,
              bounds: null,
              computation: null,
              declaration: null,
            },
          ],
        },
      ],
      files: new Map(),
    });
  });

  test('may be written on Windows, with a byte order mark, in any script', async () => {
    const { bundle, problems } = await readYamlBundle(
      `\uFEFF${minimalYaml.replace('Overview,', '概要,').replaceAll('\n', '\r\n')}`,
    );
    expect(problems).toEqual([]);
    expect(bundle?.pages[0]?.title).toBe('概要');
  });
});

describe('every key', () => {
  test('of a full bundle arrives', async () => {
    const yaml = `version: "2"
title: Full
description: All of it
image: ./logo.gif
terms: terms.md
docker_image: python:3.12
registration_auto_approve: yes
enable_detailed_results: True
show_detailed_results_in_submission_panel: no
show_detailed_results_in_leaderboard: "false"
auto_run_submissions: off
can_participants_make_submissions_public: False
make_programs_available: on
make_input_data_available: 1
competition_type: benchmark
reward: "1,000 EUR"
contact_email: a@example.org
forum_enabled: false
queue: 11111111-2222-3333-4444-555555555555
logs: codes
has_registration: true
pages: [{title: Overview, file: overview.md}]
tasks:
  - index: 7
    name: New
    description: d
    ingestion_only_during_scoring: true
    scoring_program: programs/scoring/
    ingestion_program: programs/scoring
    input_data: データ 1.zip
    reference_data: AAAAAAAA-2222-3333-4444-555555555555
    site_data: {dataset: sepsis@2.1, input: false}
  - {index: 3, key: bbbbbbbb-2222-3333-4444-555555555555}
  - {index: 4, name: Site, scoring_program: scoring.zip, site_data: sepsis@2.1}
solutions:
  - {index: 0, name: S, tasks: [7], path: scoring.zip}
  - {index: 1, tasks: [3, 7], key: cccccccc-2222-3333-4444-555555555555}
phases:
  - {index: 1, name: Second, start: 2030-02-01T00:00:00+02:00, tasks: [3], auto_migrate_to_this_phase: true, max_submissions: 0, max_submissions_per_day: null, execution_time_limit: 0}
  - {index: 0, name: First, description: f, start: 2030-01-01 12:30:00, end: 2030-01-31 21:59:59, tasks: [7, 3], hide_output: true, hide_prediction_output: true, hide_score_output: true, max_submissions: 9, max_submissions_per_day: "2", execution_time_limit: 60, public_data: scoring.zip, starting_kit: programs}
leaderboards:
  - title: Board
    key: board
    primary_index: 2
    hidden: true
    submission_rule: Force_Best
    columns:
      - {title: Two, key: two, index: 2, sorting: asc, precision: 4, hidden: true}
      - {title: One, key: one, index: 1}
      - {title: Sum, key: sum, index: 0, computation: sum, computation_indexes: [1, 2]}
fact_sheet:
  method: {key: method, type: select, title: Method, selection: [a, b], is_required: "true", is_on_leaderboard: "false"}
  open: {key: open, type: checkbox, title: Open, selection: [true, false], is_required: "false", is_on_leaderboard: "true"}
  why: {key: why, type: text, title: Why, selection: "", is_required: "false", is_on_leaderboard: "false"}
`;
    const { bundle, problems, notes } = await readYamlBundle(yaml, {
      'programs/scoring/a.py': 'a',
      'データ 1.zip': 'PK',
    });
    expect(problems).toEqual([]);
    expect(brief(notes)).toEqual(['key_ignored has_registration']);
    expect(bundle).toMatchObject({
      title: 'Full',
      description: 'All of it',
      image: 'logo.gif',
      dockerImage: 'python:3.12',
      competitionType: 'benchmark',
      registrationAutoApprove: true,
      enableDetailedResults: true,
      showDetailedResultsInSubmissionPanel: false,
      showDetailedResultsInLeaderboard: false,
      autoRunSubmissions: false,
      canParticipantsMakeSubmissionsPublic: false,
      makeProgramsAvailable: true,
      makeInputDataAvailable: true,
      forumEnabled: false,
      reward: '1,000 EUR',
      contactEmail: 'a@example.org',
      queue: '11111111-2222-3333-4444-555555555555',
      logs: 'codes',
      tasks: [
        {
          index: 7,
          ingestionOnlyDuringScoring: true,
          scoringProgram: { kind: 'path', path: 'programs/scoring', isDirectory: true },
          ingestionProgram: { kind: 'path', path: 'programs/scoring', isDirectory: true },
          inputData: { kind: 'path', path: 'データ 1.zip', isDirectory: false },
          referenceData: { kind: 'key', key: 'aaaaaaaa-2222-3333-4444-555555555555' },
          siteData: { name: 'sepsis', version: '2.1', input: false, reference: true },
        },
        { kind: 'key', index: 3, key: 'bbbbbbbb-2222-3333-4444-555555555555' },
        { siteData: { name: 'sepsis', version: '2.1', input: true, reference: true } },
      ],
      solutions: [
        { kind: 'new', name: 'S', tasks: [7], data: { path: 'scoring.zip' } },
        { kind: 'key', name: null, tasks: [3, 7] },
      ],
      phases: [
        {
          name: 'First',
          start: new Date('2030-01-01T12:30:00Z'),
          end: new Date('2030-01-31T21:59:59Z'),
          tasks: [7, 3],
          hideOutput: true,
          hidePredictionOutput: true,
          hideScoreOutput: true,
          maxSubmissionsPerPerson: 9,
          maxSubmissionsPerDay: 2,
          executionTimeLimit: 60,
          resources: null,
          publicData: { path: 'scoring.zip' },
          startingKit: { path: 'programs', isDirectory: true },
        },
        {
          name: 'Second',
          start: new Date('2030-01-31T22:00:00Z'),
          autoMigrateToThisPhase: true,
          maxSubmissionsPerPerson: null,
          maxSubmissionsPerDay: null,
          executionTimeLimit: 600,
          resources: null,
        },
      ],
      leaderboards: [
        {
          primaryIndex: 2,
          hidden: true,
          submissionRule: 'Force_Best',
          columns: [
            { key: 'two', sorting: 'asc', precision: 4, hidden: true },
            { key: 'one' },
            { key: 'sum', computation: { kind: 'sum', indexes: [1, 2] } },
          ],
        },
      ],
      factSheet: [
        { key: 'method', type: 'select', selection: ['a', 'b'], isRequired: true, isOnLeaderboard: false },
        { key: 'open', selection: ['true', 'false'], isOnLeaderboard: true },
        { key: 'why', selection: [] },
      ],
    });
  });
});

describe('notes', () => {
  test('do not keep a bundle out', async () => {
    const { bundle, notes } = await readYamlBundle(
      minimalYaml
        .replace('2030-01-01', '"8-7-2030"')
        .replace('    tasks: [0]', '    tasks: [0]\n    color: red')
        .replace('index: 0}', 'index: 3, sort: asc}')
        .replace('leaderboards:', 'title: Twice\nleaderboards:'),
    );
    expect(bundle).toMatchObject({ title: 'Twice', phases: [{ start: new Date('2030-08-07T00:00:00Z') }] });
    expect(brief(notes).sort()).toEqual([
      'date_ambiguous phases[0].start',
      'key_ignored leaderboards[0].columns[0].sort',
      'key_ignored phases[0].color',
      'primary_column_unknown leaderboards[0].primary_index',
      'yaml_key_repeated',
    ]);
  });
});

describe('computed columns', () => {
  const columns = (...more: string[]) =>
    readYamlBundle(
      `${minimalYaml}      - {title: B, key: b, index: 1}\n${more.map((line) => `      - ${line}\n`).join('')}`,
    );

  test('are over scores or over ranks, with weights where these mean something', async () => {
    const { bundle, problems } = await columns(
      '{title: R, key: r, index: 2, computation: avg_rank, computation_indexes: [0, 1], sorting: asc, group: Ranks}',
      '{title: W, key: w, index: 3, computation: weighted, computation_indexes: [0, 1], computation_weights: [1, 2.5]}',
      '{title: M, key: m, index: 4, computation: mrr, computation_indexes: [0, 1], computation_weights: [3, 1]}',
    );
    expect(problems).toEqual([]);
    expect(bundle?.leaderboards[0]?.columns.slice(2)).toMatchObject([
      { computation: { kind: 'avg_rank', indexes: [0, 1], weights: null }, sorting: 'asc', group: 'Ranks' },
      { computation: { kind: 'weighted', indexes: [0, 1], weights: [1, 2.5] }, group: null },
      { computation: { kind: 'mrr', indexes: [0, 1], weights: [3, 1] } },
    ]);
  });

  test.each([
    ['computation: weighted, computation_indexes: [0, 1]', 'weights_missing'],
    ['computation: weighted, computation_indexes: [0, 1], computation_weights: [1]', 'weights_malformed'],
    ['computation: weighted, computation_indexes: [0, 1], computation_weights: [1, 0]', 'weights_malformed'],
    ['computation: sum, computation_indexes: [0, 1], computation_weights: [1, 2]', 'weights_unused'],
    ['computation: avg_rank, computation_indexes: [0, 7]', 'computation_column_unknown'],
    ['computation: median, computation_indexes: [0, 1]', 'unknown_choice'],
  ])('%s is refused', async (written, code) => {
    const { problems } = await columns(`{title: X, key: x, index: 2, ${written}}`);
    expect(problems.map((problem) => problem.code)).toEqual([code]);
  });
});

describe('several leaderboards', () => {
  const second = `  - title: Second
    key: second
    columns:
      - {title: Score, key: score, index: 0}
`;
  const withLeaderboard = (written: string) =>
    readYamlBundle(
      `${minimalYaml.replace('tasks: [0]', `tasks: [0]\n    leaderboard: ${written}`)}${second}`,
    );

  test('stay empty, unless a phase names them by key or place', async () => {
    const { bundle, notes } = await readYamlBundle(minimalYaml + second);
    expect(bundle?.phases[0]?.leaderboard).toBe(0);
    expect(brief(notes)).toEqual(['leaderboards_unused leaderboards']);
    for (const written of ['second', '1']) {
      const named = await withLeaderboard(written);
      expect(named.bundle?.phases[0]?.leaderboard).toBe(1);
      expect(named.notes[0]?.message).toContain('"board"');
    }
  });

  test('that do not exist are noted, as other platforms ignore the key', async () => {
    for (const written of ['third', '7', '[a]']) {
      const { bundle, notes } = await withLeaderboard(written);
      expect(bundle?.phases[0]?.leaderboard).toBe(0);
      expect(brief(notes)).toContain('leaderboard_unknown phases[0].leaderboard');
    }
  });
});
