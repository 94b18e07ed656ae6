import { expect, test } from 'vitest';
import { chooseStages, stages } from './stages.ts';

test('runs everything by default', () => {
  expect(chooseStages([])).toEqual(stages);
});

test('keeps the order of the stages, whatever the order of the names', () => {
  expect(chooseStages(['--only', 'service,lint']).map((stage) => stage.name)).toEqual(['lint', 'service']);
});

test.each([[['--only', 'speed']], [['--only']], [['unit']]])('refuses %j', (args) => {
  expect(() => chooseStages(args)).toThrow();
});
