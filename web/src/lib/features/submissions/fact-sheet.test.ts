import { expect, test } from 'vitest';
import type { Question } from '#lib/api/types.ts';
import { answersTo } from './fact-sheet.ts';

const question = (key: string, type: Question['type']): Question => ({
  key,
  type,
  title: key,
  selection: [],
  isRequired: false,
  isOnLeaderboard: false,
});

test('what was given stays while questions change, and only what is asked is answered', () => {
  const asked = [question('method', 'select'), question('open', 'checkbox'), question('why', 'text')];
  expect(answersTo(asked, {})).toEqual({ method: '', open: false, why: '' });
  const given = { method: 'U-Net', open: true, why: '' };
  expect(answersTo(asked, given)).toEqual(given);
  expect(answersTo([question('method', 'select'), question('size', 'text')], given)).toEqual({
    method: 'U-Net',
    size: '',
  });
});
