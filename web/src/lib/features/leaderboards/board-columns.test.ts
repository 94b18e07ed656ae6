import { expect, test } from 'vitest';
import type { Column } from '#lib/api/types.ts';
import { cellsOf, directionIn, groupsOf, nextSort } from './board-columns.ts';

const column = (key: string, rest: Partial<Column> = {}): Column => ({
  id: 1,
  index: 0,
  key,
  title: key,
  sorting: 'desc',
  precision: 2,
  hidden: false,
  isPrimary: false,
  unit: '',
  group: null,
  computation: null,
  computationIndexes: null,
  hasInterval: false,
  ...rest,
});
const tasks = [
  { id: 7, name: 'Lung' },
  { id: 8, name: 'Liver' },
];

test('of several tasks each has the columns once more, but for those made from ranks', () => {
  const columns = [column('dice', { group: 'Overlap' }), column('rank', { computation: 'avg_rank' })];
  const cells = cellsOf({ columns, tasks }, true);
  expect(cells.map(({ id }) => id)).toEqual(['dice', 'rank', '7:dice', '8:dice']);
  expect(groupsOf(cells, tasks)?.map(({ title, span }) => [title, span])).toEqual([
    ['Overlap', 1],
    ['', 1],
    ['Lung', 1],
    ['Liver', 1],
  ]);
});

test('neighbours of one group share a heading, and without groups there is none', () => {
  const grouped = ['a', 'b'].map((key) => column(key, { group: 'Overlap' }));
  expect(groupsOf(cellsOf({ columns: grouped, tasks: [] }, true), [])).toMatchObject([
    { title: 'Overlap', span: 2 },
  ]);
  expect(groupsOf(cellsOf({ columns: [column('a')], tasks: [] }, true), [])).toBeNull();
});

test('a heading sorts by the best, then by the worst, then not at all', () => {
  const [cell] = cellsOf({ columns: [column('seconds', { sorting: 'asc' })], tasks: [] }, true);
  const best = nextSort({}, cell!);
  expect(directionIn(best, cell!)).toBe('ascending');
  const worst = nextSort(best, cell!);
  expect(directionIn(worst, cell!)).toBe('descending');
  expect(nextSort(worst, cell!)).toEqual({ sort: undefined, task: undefined, dir: undefined });
});
