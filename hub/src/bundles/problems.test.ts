import { describe, expect, test } from 'vitest';
import { type BundleFileContents, brief, minimalYaml, readFiles, readYamlBundle } from './testing/bundle.ts';

/** The minimal bundle with some of its text replaced. */
const change = (from: string | RegExp, to: string, files: BundleFileContents = {}) => {
  const changed = minimalYaml.replace(from, to);
  expect(changed).not.toBe(minimalYaml);
  return readYamlBundle(changed, files);
};

describe('problems', () => {
  test('come all at once, each with its place and a cure', async () => {
    const { bundle, problems } = await readYamlBundle(
      minimalYaml
        .replace('title: Sepsis\n', '')
        .replace('terms.md', 'Terms.md')
        .replace('start: 2030-01-01', 'start: soon')
        .replace('key: score', `key: ${'k'.repeat(37)}`),
    );
    expect(bundle).toBeNull();
    expect(brief(problems).sort()).toEqual([
      'file_missing terms',
      'key_missing title',
      'not_a_date phases[0].start',
      'text_too_long leaderboards[0].columns[0].key',
    ]);
    for (const problem of problems) {
      expect(problem).toMatchObject({
        severity: 'error',
        file: 'competition.yaml',
        cure: expect.stringMatching(/\w/),
      });
    }
    expect(problems.find((problem) => problem.code === 'file_missing')).toMatchObject({
      line: 3,
      column: 8,
      cure: expect.stringContaining('"terms.md"'),
    });
  });

  test.each<[string, string | RegExp, string, string]>([
    ['no image', 'image: logo.gif\n', '', 'key_missing image'],
    ['an image that is not there', 'logo.gif', 'nothing.gif', 'file_missing image'],
    ['a logo in SVG', 'logo.gif', 'logo.svg', 'image_type_unsupported image'],
    ['no terms', 'terms: terms.md\n', '', 'key_missing terms'],
    ['empty terms', 'terms.md', 'empty.md', 'file_empty terms'],
    ['an empty page', 'overview.md', 'empty.md', 'file_empty pages[0].file'],
    ['a page in another encoding', 'overview.md', 'latin.md', 'file_not_utf8 pages[0].file'],
    ['no pages', /pages:\n.*\n/, '', 'key_missing pages'],
    ['a boolean as title', 'Sepsis', 'yes', 'not_text title'],
    ['a long title', 'Sepsis', 's'.repeat(257), 'text_too_long title'],
    [
      'an unknown type',
      'title: Sepsis',
      'title: x\ncompetition_type: hackathon',
      'unknown_choice competition_type',
    ],
    ['an unknown log level', 'title: Sepsis', 'title: x\nlogs: some', 'unknown_choice logs'],
    ['a flag that is none', 'title: Sepsis', 'title: x\nforum_enabled: maybe', 'not_a_boolean forum_enabled'],
    ['no tasks', /tasks:\n(?: {2}.*\n)+?phases/, 'phases', 'key_missing tasks'],
    ['a task without an index', 'index: 0\n    name', 'name', 'key_missing tasks[0].index'],
    [
      'a task without a scoring program',
      '    scoring_program: scoring.zip\n',
      '',
      'key_missing tasks[0].scoring_program',
    ],
    ['a program that is not there', 'scoring.zip', 'scorer', 'file_missing tasks[0].scoring_program'],
    [
      'site data without a version',
      'scoring.zip',
      'scoring.zip\n    site_data: sepsis',
      'site_data_malformed tasks[0].site_data',
    ],
    ['a phase without a start', '    start: 2030-01-01\n', '', 'key_missing phases[0].start'],
    ['a phase without tasks', '    tasks: [0]\n', '', 'tasks_missing phases[0].tasks'],
    ['a phase with a strange task', 'tasks: [0]', 'tasks: [5]', 'task_unknown phases[0].tasks'],
    ['no phases', /phases:\n(?: {2}.*\n)+/, 'phases: []\n', 'phases_missing phases'],
    [
      'migration to the first phase',
      'tasks: [0]',
      'tasks: [0]\n    auto_migrate_to_this_phase: true',
      'auto_migrate_first_phase phases[0].auto_migrate_to_this_phase',
    ],
    [
      'a negative limit',
      'tasks: [0]',
      'tasks: [0]\n    max_submissions: -1',
      'number_out_of_range phases[0].max_submissions',
    ],
    [
      'a starting kit that is not there',
      'tasks: [0]',
      'tasks: [0]\n    starting_kit: kit',
      'file_missing phases[0].starting_kit',
    ],
    [
      'a solution that is not there',
      'phases:',
      'solutions: [{index: 0, tasks: [0], path: s.zip}]\nphases:',
      'file_missing solutions[0].path',
    ],
    ['no leaderboards', /leaderboards:\n(?: {2}.*\n)+/, '', 'leaderboards_missing leaderboards'],
    ['the singular', 'leaderboards:', 'leaderboard:', 'leaderboards_missing leaderboards'],
    [
      'a leaderboard without columns',
      /columns:\n.*\n/,
      'columns: []\n',
      'columns_missing leaderboards[0].columns',
    ],
    [
      'a column title of 37 characters',
      'title: Score',
      `title: ${'x'.repeat(37)}`,
      'text_too_long leaderboards[0].columns[0].title',
    ],
    [
      'an unknown rule',
      'key: board',
      'key: board\n    submission_rule: Best',
      'unknown_choice leaderboards[0].submission_rule',
    ],
    [
      'a computation from nothing',
      'index: 0}',
      'index: 0, computation: avg}',
      'computation_indexes_missing leaderboards[0].columns[0].computation_indexes',
    ],
    [
      'a computation from itself',
      'index: 0}',
      'index: 0, computation: avg, computation_indexes: [0]}',
      'computation_of_itself leaderboards[0].columns[0].computation_indexes',
    ],
    [
      'a computation from a strange column',
      'index: 0}',
      'index: 0, computation: avg, computation_indexes: [4]}',
      'computation_column_unknown leaderboards[0].columns[0].computation_indexes',
    ],
    [
      'columns with one index',
      'index: 0}',
      'index: 0}\n      - {title: B, key: b, index: 0}',
      'column_index_repeated leaderboards[0].columns[1].index',
    ],
    [
      'columns with one key',
      'index: 0}',
      'index: 0}\n      - {title: B, key: score, index: 1}',
      'column_key_repeated leaderboards[0].columns[1].key',
    ],
    [
      'a fact sheet with a key too few',
      'phases:',
      'fact_sheet: {a: {key: a, type: text, title: t, selection: "", is_required: "true"}}\nphases:',
      'fact_sheet_keys fact_sheet.a',
    ],
    [
      'a fact sheet with a wrong key',
      'phases:',
      'fact_sheet: {a: {key: b, type: text, title: t, selection: "", is_required: "true", is_on_leaderboard: "true"}}\nphases:',
      'fact_sheet_key fact_sheet.a.key',
    ],
    ['an unknown version', 'version: 2', 'version: 2.0', 'version_unknown version'],
    ['no version in this layout', 'version: 2\n', '', 'version_missing version'],
    ['a list for a document', /.+/s, '- a', 'not_a_mapping'],
  ])('%s', async (_, from, to, expected) => {
    const { bundle, problems } = await change(from, to, {
      'logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
      'empty.md': '',
      'latin.md': Buffer.from([0xe9]),
    });
    expect(bundle).toBeNull();
    expect(brief(problems)).toEqual([expected]);
  });

  test('phases that touch, overlap or have no end', async () => {
    const phases = (first: string, second: string) =>
      change(
        /phases:\n(?: {2}.*\n)+/,
        `phases:\n  - {name: A, tasks: [0], ${first}}\n  - {name: B, tasks: [0], ${second}}\n`,
      );
    const end = 'start: 2030-01-01, end: 2030-01-02 10:00:00';
    expect(brief((await phases(end, 'start: 2030-01-02 10:00:00')).problems)).toEqual([
      'phases_overlap phases[1].start',
    ]);
    expect(brief((await phases('start: 2030-01-01', 'start: 2030-01-03')).problems)).toEqual([
      'phase_end_missing phases[0].end',
    ]);
    expect((await phases(end, 'start: 2030-01-02 10:00:01')).problems).toEqual([]);
    expect((await phases(end, 'start: "2030-01-02 12:00:01 +0200"')).problems).toEqual([]);
  });

  test('a competition.yaml that is elsewhere or called otherwise', async () => {
    const nested = await readFiles({ 'my bundle/competition.yaml': minimalYaml });
    expect(nested.problems).toMatchObject([
      { code: 'competition_file_missing', cure: expect.stringContaining('"my bundle"') },
    ]);
    const misnamed = await readFiles({ 'competition.yml': minimalYaml });
    expect(misnamed.problems).toMatchObject([
      { code: 'competition_file_missing', cure: expect.stringContaining('Rename') },
    ]);
    expect((await readFiles({ 'x.txt': '' })).problems).toMatchObject([{ code: 'competition_file_missing' }]);
  });

  test('without end are counted, not listed', async () => {
    const pages = await change(/pages:\n.*\n/, `pages:\n${'- 1\n'.repeat(60_000)}`);
    expect(pages.problems).toHaveLength(201);
    expect(pages.problems.at(-1)).toMatchObject({ code: 'more_problems' });
    expect(brief(pages.problems)).toContain('too_many_items pages');
    const keys = await change(
      'title: Sepsis',
      `title: x\n${Array.from({ length: 20_000 }, (_, i) => `k${i}: 1\n`).join('')}`,
    );
    expect(keys.notes).toHaveLength(201);
  });

  test('pages that fill memory together', async () => {
    const page = '  - {title: Big, file: big.md}\n';
    const { problems } = await change('pages:\n', `pages:\n${page.repeat(20)}`, {
      'big.md': 'x'.repeat(1024 ** 2),
    });
    expect(problems.map((problem) => problem.code)).toContain('entry_too_large');
  });
});
