import { expect, it } from 'vitest';
import { leastOf } from './most-processes.ts';

const limits = (hard: string) =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax processes             4096                 ${hard}               processes\n`;

it.each([
  [limits('96365'), '32768\n', 32768],
  [limits('2048'), '4194304\n', 2048],
  [limits('unlimited'), '4194304\n', 4194304],
  ['', '', null],
])('takes what bounds more', (own, pidMax, least) => {
  expect(leastOf(own, pidMax)).toBe(least);
});
