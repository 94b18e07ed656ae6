import { expect, test } from 'vitest';
import { downloadOf, readFilters } from './filters.ts';

test('filters of the address that mean nothing are left out', () => {
  const params = new URLSearchParams(
    'phase=3&status=Finished&board=true&public=maybe&changed=false&kind=x&search=',
  );
  expect(readFilters(params)).toEqual({
    phaseId: 3,
    status: 'Finished',
    onLeaderboard: true,
    byHand: false,
  });
});

test('a download has the filters of the list, without its page, and the chosen ones alone', () => {
  const params = new URLSearchParams('search=ada&phase=3&cursor=abc');
  expect(downloadOf(7, 'csv', params)).toBe('/files/competitions/7/submissions.csv?phase=3&search=ada');
  expect(downloadOf(7, 'zip', new URLSearchParams(), [4, 5])).toBe(
    '/files/competitions/7/submissions.zip?ids=4%2C5',
  );
});
