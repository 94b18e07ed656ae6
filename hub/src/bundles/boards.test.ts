import { expect, test } from 'vitest';
import { brief, minimalYaml, readYamlBundle } from './testing/bundle.ts';

/** The board of the minimal bundle with these settings, and columns 1 to 3 beside its own. */
const withBoard = (settings: string, more = '') =>
  readYamlBundle(
    minimalYaml.replace(
      /leaderboards:[\s\S]*$/,
      `leaderboards:
  - title: Board
    key: board
    submission_rule: Force_Best
${settings}
    columns:
      - {title: Public, key: public, index: 0, low_index: 2, high_index: 3}
      - {title: Private, key: private, index: 1}
      - {title: Low, key: low, index: 2, hidden: true}
      - {title: High, key: high, index: 3, hidden: true${more}}
`,
    ),
  );

test('columns of a split are hidden on the board itself', async () => {
  const { bundle, problems } = await withBoard(
    `    splits:
      - {key: final, columns: [1], visibility: owners, visible_from: 2030-01-01 12:00:00}`,
  );
  expect(problems).toEqual([]);
  const [board] = bundle!.leaderboards;
  expect(board).toMatchObject({
    splits: [
      {
        key: 'final',
        title: 'final',
        columns: [1],
        visibility: 'owners',
        visibleFrom: '2030-01-01T12:00:00.000Z',
      },
    ],
    columns: [{ hidden: false, bounds: { low: 2, high: 3 } }, { key: 'private', hidden: true }, {}, {}],
  });
});

test('a split of columns that are not there, or that ranks as the board does, is refused', async () => {
  const { problems } = await withBoard('    splits: [{key: a, columns: [0, 7]}, {key: a, columns: []}]');
  expect(brief(problems)).toEqual([
    'split_columns_wrong leaderboards[0].splits[0].columns',
    'split_columns_wrong leaderboards[0].splits[0].columns',
    'split_key_repeated leaderboards[0].splits[1].key',
    'split_columns_wrong leaderboards[0].splits[1].columns',
  ]);
});

test('where scores are released in steps, the outputs of the phase are hidden', async () => {
  const { bundle, problems, notes } = await withBoard('    ladder_step: 0.01');
  expect(problems).toEqual([]);
  expect(bundle).toMatchObject({ phases: [{ hideOutput: true }], leaderboards: [{ ladderStep: 0.01 }] });
  expect(brief(notes)).toEqual(['outputs_hidden phases']);
});

test('steps without a score that ranks, and intervals without two ends, are refused', async () => {
  const { problems } = await withBoard(
    '    ladder_step: 0\n    task_rule: average_rank\n    bootstrap_samples: 1000',
    ', low_index: 3',
  );
  expect(brief(problems).toSorted()).toEqual([
    'bound_missing leaderboards[0].columns[3].high_index',
    'ladder_by_rank leaderboards[0].ladder_step',
    'number_out_of_range leaderboards[0].ladder_step',
  ]);
});
