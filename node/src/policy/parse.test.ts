import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { PolicyUnreadableError } from './errors.ts';
import { parsePolicy } from './parse.ts';

function problemsOf(text: string): string[] {
  try {
    parsePolicy('policy.yaml', text);
    return [];
  } catch (error) {
    if (!(error instanceof PolicyUnreadableError)) throw error;
    return error.problems.map(({ place }) => place);
  }
}

test('the example is a policy', async () => {
  const text = await readFile(new URL('./example.yaml', import.meta.url), 'utf8');
  const { policy, digest } = parsePolicy('example.yaml', text);
  expect(policy.resources.memory).toBe(8 * 1024 ** 3);
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test('every problem is named at once, with its place', () => {
  const text = `
version: 1
hubs: any
competitions: all
submitters: any
images: any
programs: [sha256:short]
resources: { memory: lots, cpus: 0, step_seconds: 60, disk: 1GB }
egress: { hub_data: { logs: some } }
surprise: true
`;
  expect(problemsOf(text).sort()).toEqual(
    ['', 'competitions', 'egress.hub_data.logs', 'programs.0', 'resources.cpus', 'resources.memory'].sort(),
  );
});

test('what is left out is a problem, not a permission', () => {
  expect(problemsOf('version: 1\ncompetitions: any\n')).toEqual(
    expect.arrayContaining(['hubs', 'submitters', 'images', 'programs', 'resources']),
  );
  expect(problemsOf('')).not.toEqual([]);
});

test('a key that is said twice, and YAML that is none, are problems with a line', () => {
  expect(problemsOf('version: 1\nversion: 1\n')).toEqual(['line 2']);
  expect(problemsOf('a: [1\nb: 2')[0]).toMatch(/^line \d/);
});
