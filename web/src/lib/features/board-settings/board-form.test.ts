import { expect, test } from 'vitest';
import { movedUp, newBoard, numbersIn, withColumn, withoutColumn } from './board-form.ts';

const board = () => {
  const three = withColumn(withColumn(newBoard([])));
  const [dice, low, mean] = three.columns;
  return {
    ...three,
    splits: [{ key: 's', title: 'S', columns: [1], visibility: 'owners' as const, visibleFrom: null }],
    columns: [
      { ...dice!, key: 'dice' },
      { ...low!, key: 'low' },
      { ...mean!, key: 'mean', computation: { kind: 'weighted' as const, indexes: [0, 1], weights: [3, 1] } },
    ],
  };
};

test('a new board has a key of its own', () => {
  expect(newBoard([{ key: 'board_1' }]).key).toBe('board_2');
});

test('what names a column follows it when it moves', () => {
  const moved = movedUp(board(), 1);
  expect(moved.columns.map(({ key, index }) => [key, index])).toEqual([
    ['low', 0],
    ['dice', 1],
    ['mean', 2],
  ]);
  expect(moved).toMatchObject({
    primaryIndex: 1,
    splits: [{ columns: [0] }],
    columns: [{}, {}, { computation: { indexes: [1, 0], weights: [3, 1] } }],
  });
  expect(movedUp(board(), 0)).toEqual(board());
});

test('what names a column loses it when it goes', () => {
  const left = withoutColumn(board(), 0);
  expect(left).toMatchObject({
    primaryIndex: 1,
    columns: [{ key: 'low' }, { computation: { indexes: [1], weights: [1] } }],
  });
  expect(withoutColumn(left, 1)).toMatchObject({
    splits: [{ columns: [] }],
    columns: [{ computation: null }],
  });
});

test('weights are read as they are written', () => {
  expect(numbersIn(' 2, 1;0.5')).toEqual([2, 1, 0.5]);
  expect(numbersIn(' ')).toBeNull();
});
