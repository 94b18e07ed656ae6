import { expect, test } from 'vitest';
import { readDate } from './date.ts';

test.each([
  ['2019-08-07', '2019-08-07T00:00:00.000Z'],
  ['2019-8-7', '2019-08-07T00:00:00.000Z'],
  ['2019-08-07 23:59:59', '2019-08-07T23:59:59.000Z'],
  ['2019-08-07T23:59:59Z', '2019-08-07T23:59:59.000Z'],
  ['2019-08-07T23:59:59.250Z', '2019-08-07T23:59:59.250Z'],
  ['2019-08-07 23:59', '2019-08-07T23:59:00.000Z'],
  ['2019-08-07 23:59:59 +0200', '2019-08-07T21:59:59.000Z'],
  ['2019-08-07T23:59:59+02:00', '2019-08-07T21:59:59.000Z'],
  ['2019-08-07T23:59:59-5', '2019-08-08T04:59:59.000Z'],
  ['2019-08-07 23:59:59 UTC', '2019-08-07T23:59:59.000Z'],
  ['20190807', '2019-08-07T00:00:00.000Z'],
  ['20190807T235900', '2019-08-07T23:59:00.000Z'],
  ['2019/08/07', '2019-08-07T00:00:00.000Z'],
  ['13-2-2020', '2020-02-13T00:00:00.000Z'],
  ['August 7, 2019', '2019-08-07T00:00:00.000Z'],
  ['7 Aug 2019 12:00 UTC', '2019-08-07T12:00:00.000Z'],
  ['Aug 7th 2019 5pm', '2019-08-07T17:00:00.000Z'],
  ['Wed, 07 Aug 2019 12:30:00 GMT', '2019-08-07T12:30:00.000Z'],
  ['December 31st, 2020 at 5pm', '2020-12-31T17:00:00.000Z'],
  ['10:00 AM, Jan 5 2021', '2021-01-05T10:00:00.000Z'],
  ['23:59 2020-12-31', '2020-12-31T23:59:00.000Z'],
  ['8/17/19 12:30 am', '2019-08-17T00:30:00.000Z'],
])('%s', (text, instant) => {
  expect(readDate(text)).toMatchObject({ instant: new Date(instant), ambiguous: false, unknownZone: null });
});

test('day and month that could be swapped are read month first, and said to be', () => {
  expect(readDate('8-7-2019')).toMatchObject({
    instant: new Date('2019-08-07T00:00:00Z'),
    ambiguous: true,
    unknownZone: null,
  });
  expect(readDate('7-7-2019')).toMatchObject({ ambiguous: false });
});

test('a zone that is only a name is taken for UTC, and mentioned', () => {
  expect(readDate('2020-12-31 23:59 CET')).toMatchObject({
    instant: new Date('2020-12-31T23:59:00Z'),
    unknownZone: 'CET',
  });
});

test.each([
  '',
  '2019-13-07',
  'soon',
  '2019',
  '2019-08',
  '2019-02-30',
  '2019-13-13',
  '25:00',
  '2019-08-07 25:00',
  '2019-08-07 12:00 +99:00',
  'Aug 2019',
  '1 2 3 4',
  '2019-08-07 10:00 Paris',
])('%s is no date', (text) => {
  expect(readDate(text)).toBeNull();
});
