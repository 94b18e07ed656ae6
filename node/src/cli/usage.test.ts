import { expect, test } from 'vitest';
import { USAGE, usageOf } from './usage.ts';

test('of a command that was called wrongly its own lines are shown, with those that go on', () => {
  expect(usageOf('dataset').split('\n')).toHaveLength(6);
  expect(usageOf('dataset')).toContain('--synthetic-reference');
  expect(usageOf('dataset')).not.toContain('policy');
  expect(usageOf('run')).toMatch(/^ {2}weir-node run .*\n$/);
  for (const unknown of [undefined, 'dat', '--help', '']) expect(usageOf(unknown)).toBe(USAGE);
});
