import { describe, expect, test } from 'vitest';
import { MAX_ATTESTATION_BYTES } from './attestation.ts';
import { type BundleFileContents, brief, minimalYaml, readYamlBundle } from './testing/bundle.ts';

const withColumn = (keys: string) =>
  minimalYaml.replace('key: score, index: 0', `key: score, index: 0, ${keys}`);
const column = (keys: string) => readYamlBundle(onSites(withColumn(keys)));
const phase = (keys: string) => readYamlBundle(minimalYaml.replace('name: Main', `name: Main\n    ${keys}`));
const task = (keys: string, files: BundleFileContents = {}) =>
  readYamlBundle(minimalYaml.replace('name: Predict', `name: Predict\n    ${keys}`), files);

const onSites = (yaml: string) => yaml.replace('name: Predict', 'name: Predict\n    site_data: icu@1');

describe('a column declares its scores', () => {
  test.each([
    [
      'type: decimal, range: [0, 1], decimals: 4, unit: mm, min_cases: 20',
      { type: 'decimal', min: 0, max: 1, decimals: 4, unit: 'mm', minCases: 20 },
    ],
    ['type: integer', { type: 'integer', min: null, max: null, decimals: null, unit: '', minCases: 0 }],
    ['range: [0, ~]', { type: null, min: 0, max: null, decimals: null, unit: '', minCases: 0 }],
    ['range: [-1.5, 1e3]', { type: null, min: -1.5, max: 1000, decimals: null, unit: '', minCases: 0 }],
  ])('%s', async (keys, declaration) => {
    const { bundle, problems, notes } = await column(keys);
    expect(brief([...problems, ...notes])).toEqual([]);
    expect(bundle?.leaderboards[0]?.columns[0]?.declaration).toEqual(declaration);
  });

  test.each([
    ['type: text', 'unknown_choice leaderboards[0].columns[0].type'],
    ['range: [1, 0]', 'range_malformed leaderboards[0].columns[0].range'],
    ['range: [0]', 'range_malformed leaderboards[0].columns[0].range'],
    ['range: [~, ~]', 'range_malformed leaderboards[0].columns[0].range'],
    ['range: [0, .inf]', 'not_a_number leaderboards[0].columns[0].range[1]'],
    ['range: 1', 'not_a_list leaderboards[0].columns[0].range'],
    ['decimals: 16', 'number_out_of_range leaderboards[0].columns[0].decimals'],
    ['decimals: -1', 'number_out_of_range leaderboards[0].columns[0].decimals'],
    ['type: integer, decimals: 2', 'decimals_of_integer leaderboards[0].columns[0].decimals'],
    [`unit: ${'m'.repeat(17)}`, 'text_too_long leaderboards[0].columns[0].unit'],
    ['min_cases: few', 'not_an_integer leaderboards[0].columns[0].min_cases'],
  ])('not as %s', async (keys, problem) => {
    const { bundle, problems } = await column(keys);
    expect(bundle).toBeNull();
    expect(brief(problems)).toEqual([problem]);
  });

  test.each(['type: text', 'range: 0-1', 'decimals: 16', `unit: ${'percent '.repeat(3)}`, 'min_cases: -1'])(
    'and where no score leaves a site, %s of another platform is only noted',
    async (keys) => {
      const { bundle, notes } = await readYamlBundle(withColumn(keys));
      expect(notes.length).toBeGreaterThan(0);
      const nothing = { type: null, min: null, max: null, decimals: null, unit: '', minCases: 0 };
      expect(bundle?.leaderboards[0]?.columns[0]?.declaration).toEqual(nothing);
    },
  );

  test('but not one that the hub computes', async () => {
    const computed = '- {title: Mean, key: mean, index: 1, computation: avg, computation_indexes: [0]';
    const withEnd = (end: string) => readYamlBundle(onSites(`${minimalYaml}      ${computed}${end}\n`));
    expect(brief((await withEnd(', range: [0, 1]}')).problems)).toEqual([
      'declaration_of_computed leaderboards[0].columns[1].computation',
    ]);
    expect((await withEnd(', unit: mm}')).problems).toEqual([]);
  });
});

describe('a phase says what its containers may use', () => {
  test.each([
    [
      'resources: {memory: 4GiB, cpus: 0.5, disk: 512MiB, gpus: 1}',
      { memoryBytes: 4 * 2 ** 30, cpuMillis: 500, diskBytes: 2 ** 29, gpus: 1 },
    ],
    ['resources: {memory: 2 GB}', { memoryBytes: 2e9, cpuMillis: null, diskBytes: null, gpus: null }],
  ])('%s', async (keys, resources) => {
    const { bundle, problems, notes } = await phase(keys);
    expect(brief([...problems, ...notes])).toEqual([]);
    expect(bundle?.phases[0]?.resources).toEqual(resources);
  });

  test.each([
    ['resources: much', 'not_a_mapping phases[0].resources'],
    ['resources: {memory: much}', 'not_a_size phases[0].resources.memory'],
    ['resources: {memory: 1KiB}', 'not_a_size phases[0].resources.memory'],
    ['resources: {disk: -1GiB}', 'not_a_size phases[0].resources.disk'],
    ['resources: {cpus: all}', 'not_cpus phases[0].resources.cpus'],
    ['resources: {gpus: 1.5}', 'not_an_integer phases[0].resources.gpus'],
  ])('not as %s', async (keys, problem) => {
    expect(brief((await phase(keys)).problems)).toEqual([problem]);
  });
});

describe('a task brings attestations', () => {
  const statement = { _type: 'https://in-toto.io/Statement/v1', subject: [{ digest: { sha256: 'ab' } }] };
  const envelope = (payload: unknown = statement, changes: object = {}) =>
    JSON.stringify({
      payloadType: 'application/vnd.in-toto+json',
      payload: Buffer.from(JSON.stringify(payload)).toString('base64'),
      signatures: [{ keyid: 'k', sig: 'c2ln' }],
      ...changes,
    });

  test('as DSSE envelopes of in-toto statements, and keeps what is not the envelope out', async () => {
    const { bundle, problems } = await task('attestations: [signed.json]', {
      'signed.json': envelope(statement, { comment: 'ignored' }),
    });
    expect(problems).toEqual([]);
    expect(bundle?.tasks[0]).toMatchObject({ attestations: [envelope()] });
  });

  test.each([
    ['no JSON', 'signed'],
    ['no envelope', '{}'],
    ['another kind of payload', envelope(statement, { payloadType: 'text/plain' })],
    ['no signatures', envelope(statement, { signatures: [] })],
    ['a payload that is no statement', envelope({ _type: 'else', subject: [] })],
    ['a statement about nothing', envelope({ ...statement, subject: [] })],
    ['too many bytes', envelope({ ...statement, predicate: 'x'.repeat(MAX_ATTESTATION_BYTES) })],
  ])('but not %s', async (_, content) => {
    const { problems } = await task('attestations: [signed.json]', { 'signed.json': content });
    expect(brief(problems)).toEqual(['not_an_attestation tasks[0].attestations[0]']);
  });

  test('of the archive, and not too many', async () => {
    expect(brief((await task('attestations: [signed.json]')).problems)).toEqual([
      'file_missing tasks[0].attestations[0]',
    ]);
    const many = await task(`attestations: [${'signed.json, '.repeat(9)}]`, { 'signed.json': envelope() });
    expect(brief(many.problems)).toEqual(['too_many_attestations tasks[0].attestations']);
  });
});
