import { expect, it } from 'vitest';
import { describeLogs } from './log-level.ts';

const north = { name: 'north', title: 'North Hospital' };
const levels = ['none', 'codes', 'scrubbed', 'full'] as const;

it('says another thing of each level, with and without data of the site', () => {
  const sentences = levels.flatMap((level) =>
    [false, true].map((seesSiteData) => describeLogs({ level, seesSiteData }, north)),
  );
  expect(new Set(sentences).size).toBe(6);
});

it('promises nothing in the name of the site, and says when held lines come', () => {
  expect(describeLogs({ level: 'full', seesSiteData: false }, null)).toMatch(/as far as the site permits/);
  for (const level of ['codes', 'scrubbed'] as const)
    expect(describeLogs({ level, seesSiteData: true }, north)).toMatch(/once the run is over/);
});
