import { expect, test } from 'vitest';
import { releaseScores } from './gate.ts';

const keys = ['accuracy', 'duration'];

test('announced, finite scores pass', () => {
  const scores = { accuracy: 0.91, duration: -9_999_999_999.9 };
  expect(releaseScores(scores, { keys, undeclared: [], siteData: true })).toEqual({
    kind: 'released',
    values: scores,
  });
});

test('missing keys are no problem', () => {
  expect(releaseScores({}, { keys, undeclared: [], siteData: true })).toEqual({
    kind: 'released',
    values: {},
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e10, -1e10])(
  '%s does not',
  (score) => {
    expect(releaseScores({ accuracy: score }, { keys, undeclared: [], siteData: false })).toEqual({
      kind: 'out-of-range',
      key: 'accuracy',
    });
  },
);

test('an unknown key is dropped next to data of the hub, and refuses the release next to data of the site', () => {
  const scores = { accuracy: 0.5, patient_17: 1 };
  expect(releaseScores(scores, { keys, undeclared: [], siteData: false })).toEqual({
    kind: 'released',
    values: { accuracy: 0.5 },
  });
  expect(releaseScores(scores, { keys, undeclared: [], siteData: true })).toEqual({
    kind: 'refused',
    key: 'patient_17',
  });
});

test('names of the prototype are keys like any other', () => {
  expect(releaseScores({ constructor: 1 }, { keys, undeclared: [], siteData: true }).kind).toBe('refused');
});
