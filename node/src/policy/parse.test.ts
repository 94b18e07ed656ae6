import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { PolicyUnreadableError } from './errors.ts';
import { parsePolicy } from './parse.ts';

const OPEN = `version: 1
hubs: any
competitions: any
submitters: any
images: any
programs: any
resources: { memory: 4GB, cpus: 2, step_seconds: 600, disk: 1GB }
`;

/** As `place@line`. */
function problemsOf(text: string): string[] {
  try {
    parsePolicy('policy.yaml', `${text}\n...\n`);
    return [];
  } catch (error) {
    if (!(error instanceof PolicyUnreadableError)) throw error;
    return error.problems.map(({ place, line }) => `${place}@${line}`);
  }
}

test('the example is a policy', async () => {
  const text = await readFile(new URL('./example.yaml', import.meta.url), 'utf8');
  const { policy, digest } = parsePolicy('example.yaml', text);
  expect(policy.resources.memory).toBe(8 * 1024 ** 3);
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test('every key that the example shows commented out is one', async () => {
  const text = await readFile(new URL('./example.yaml', import.meta.url), 'utf8');
  const shown = text
    .replace(/^programs: any$/m, '')
    .replace(/<base64[^>]*>/, Buffer.alloc(32, 1).toString('base64'))
    .replace(/^# (?=[a-z_]+: | {2}(?:-|[a-z]+:) |(?:windows|mount_at_app_data):$)/gm, '');
  expect(parsePolicy('example.yaml', shown).policy).toMatchObject({
    programs: ['signed_by:consortium'],
    windows: [{ timezone: 'Europe/Berlin' }],
    rate: { runs_per_day: 100 },
    attributes: { email_domain: ['hospital.example'] },
    mount_at_app_data: { steps: ['prediction', 'scoring'] },
  });
});

test('every problem is named at once, with its place and line', () => {
  const text = `version: 2
hubs: any
competitions: all
submitters: any
images: any
programs: [sha256:short]
resources:
  memory: lots
  cpus: 0
  step_seconds: 60
  disk: 1GB
egress:
  hub_data: { logs: some }
  site_data:
    logs: full
    outputs: yes
surprise: true
signers: { lab: c2hvcnQ= }
windows: [{ from: 18:00, to: "25:00", timezone: Mars/Olympus }]
datasets:
  sepsis@1:
    competition: [7]
`;
  expect(problemsOf(text).sort()).toEqual(
    [
      'version@1',
      'competitions@3',
      'programs.0@6',
      'resources.memory@8',
      'resources.cpus@9',
      'egress.hub_data.logs@13',
      'egress.site_data.logs@15',
      'egress.site_data.outputs@16',
      'surprise@17',
      'signers.lab@18',
      'windows.0.to@19',
      'windows.0.timezone@19',
      'datasets.sepsis@1.competitions@21',
      'datasets.sepsis@1.competition@22',
    ].sort(),
  );
});

test('what is left out is a problem, not a permission', () => {
  const required = ['hubs', 'competitions', 'submitters', 'images', 'programs', 'resources'];
  expect(problemsOf('version: 1\n').sort()).toEqual(required.map((key) => `${key}@1`).sort());
  expect(problemsOf('')).not.toEqual([]);
});

test('a signer whom nobody knows is a problem', () => {
  const text = OPEN.replace('programs: any', 'programs: [signed_by:lab]');
  expect(problemsOf(text)).toEqual(['programs.0@6']);
});

describe('hostile YAML is refused, not run', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let index = 1; index < 9; index += 1) {
    const [name, before] = ['abcdefghij'[index], 'abcdefghij'[index - 1]];
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`);
  }
  test.each([
    ['a key that is said twice', `${OPEN}version: 1\n`],
    ['a list that does not end', 'a: [1\nb: 2'],
    ['aliases that grow without end', bomb.join('\n')],
    ['an alias of itself', `${OPEN}attributes: &a { x: [*a] }\n`],
    ['nesting without end', '['.repeat(200_000)],
    ['more than a policy can be', `${OPEN}# ${'x'.repeat(2 ** 20)}\n`],
    ['a second document', `${OPEN}---\n${OPEN}`],
    ['a tag of another program', `${OPEN}rate: !!js/function "process.exit()"\n`],
    ['a prototype', `${OPEN}__proto__: { competitions: any }\n`],
    ['a prototype among datasets', `${OPEN}datasets: { __proto__: { competitions: any } }\n`],
    ['a list', '- version: 1\n'],
    ['a word', 'any'],
    ['bytes that are no text', '\0\u0001\ufffd'],
    ['numbers that are none', OPEN.replace('cpus: 2', 'cpus: .nan')],
    ['numbers without end', OPEN.replace('cpus: 2', 'cpus: .inf')],
    ['a size below nothing', OPEN.replace('4GB', '-1')],
  ])('%s', (_, text) => {
    expect(problemsOf(text)).not.toEqual([]);
  });
});

test('what stands below the end is not passed over', () => {
  expect(() => parsePolicy('policy.yaml', `${OPEN}...\napproval: per_run\n...\n`)).toThrow(/put it above/);
  expect(() => parsePolicy('policy.yaml', `...\n${OPEN}`)).toThrow(PolicyUnreadableError);
  expect(parsePolicy('policy.yaml', `${OPEN}...\n# The end.\n`).policy.approval).toBe('automatic');
});
