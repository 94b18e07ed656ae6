import { chmod, mkdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ContainerUser } from '../engine/engine.ts';
import { homeAt, makeHome } from '../home/home.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { checkDataset } from './check.ts';
import { openDataset } from './open.ts';
import { DatasetRegistry, type NewDataset } from './registry.ts';

/** Somebody who owns nothing here. */
const STRANGER: ContainerUser = { uid: 54_321, gid: 54_321 };

async function setUp() {
  const folder = await temporaryFolder();
  const home = homeAt(join(folder.path, 'home'));
  await makeHome(home);
  const at = (name: string) => join(folder.path, name);
  const input = at('input');
  await mkdir(join(input, 'scans'), { recursive: true });
  await writeFile(join(input, 'index.csv'), 'patient,scan\n');
  await writeFile(join(input, 'scans', '1.raw'), '0101');
  for (const name of ['reference', 'made-up-input', 'made-up-reference']) {
    await mkdir(at(name));
    await writeFile(join(at(name), 'labels.csv'), `${name}\n`);
  }
  const registry = new DatasetRegistry(home);
  const wanted: NewDataset = {
    name: 'sepsis',
    version: '1',
    input,
    reference: null,
    counts: { patients: 1 },
    synthetic: null,
  };
  const whole: NewDataset = {
    ...wanted,
    reference: at('reference'),
    synthetic: { input: at('made-up-input'), reference: at('made-up-reference') },
  };
  const dataset = await registry.add(wanted);
  const check = async () => checkDataset(dataset, await registry.readManifest(dataset));
  return {
    registry,
    home,
    at,
    wanted,
    whole,
    dataset,
    input,
    check,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

const opened = (registry: DatasetRegistry, changes: object = {}, user = STRANGER) =>
  openDataset(
    registry,
    { name: 'sepsis', version: '1', synthetic: false, parts: ['input'], ...changes },
    user,
  );

test('a registered dataset has a digest over its files, whatever their times', async () => {
  await using setup = await setUp();
  const { registry, wanted, dataset, input, check } = setup;
  await check();
  await utimes(join(input, 'index.csv'), new Date(), new Date(0));
  await check();
  expect((await registry.add(wanted)).digest).toBe(dataset.digest);
  expect(await registry.list()).toEqual([dataset]);
  expect(await registry.get('sepsis', '1')).toEqual(dataset);
});

const changes: [string, (input: string) => Promise<unknown>][] = [
  ['content of the same size', (input) => writeFile(join(input, 'scans', '1.raw'), '1010')],
  ['another size', (input) => writeFile(join(input, 'index.csv'), 'patient,scan\n1,1\n')],
  ['a file more', (input) => writeFile(join(input, 'new.csv'), '')],
  ['a file less', (input) => rm(join(input, 'index.csv'))],
  ['another name', (input) => rename(join(input, 'index.csv'), join(input, 'index.tsv'))],
  ['a link', (input) => symlink('/etc/passwd', join(input, 'link'))],
];
test.each(changes)('%s is a change, and keeps runs out', async (_, change) => {
  await using setup = await setUp();
  await change(setup.input);
  await expect(setup.check()).rejects.toMatchObject({ code: 'dataset_changed' });
  await expect(opened(setup.registry)).rejects.toMatchObject({ code: 'dataset_changed' });
});

test('content that was changed behind an unchanged time and size is found by a full check', async () => {
  await using setup = await setUp();
  const { registry, dataset, input, check } = setup;
  const path = join(input, 'scans', '1.raw');
  const [file] = (await registry.readManifest(dataset)).filter((each) => each.path.endsWith('1.raw'));
  await writeFile(path, '1010');
  await utimes(path, new Date(), (file?.mtimeMs ?? 0) / 1000);
  await check();
  const manifest = await registry.readManifest(dataset);
  await expect(checkDataset(dataset, manifest, { thorough: true })).rejects.toMatchObject({
    code: 'dataset_changed',
  });
});

test('files that were only touched are read once more, and not with every run', async () => {
  await using setup = await setUp();
  const { registry, dataset, input } = setup;
  await utimes(join(input, 'index.csv'), new Date(), new Date(0));
  await opened(registry);
  const times = (await registry.readManifest(dataset)).map(({ mtimeMs }) => mtimeMs);
  expect(times).toContain(0);
});

test('a folder that is gone is missing, and so is a dataset that was never registered', async () => {
  await using setup = await setUp();
  await rm(setup.input, { recursive: true });
  await expect(setup.check()).rejects.toMatchObject({ code: 'dataset_missing' });
  await expect(setup.registry.get('sepsis', '2')).rejects.toMatchObject({ code: 'dataset_missing' });
});

test('other files under a name and version that exist are refused', async () => {
  await using setup = await setUp();
  await writeFile(join(setup.input, 'more.csv'), 'x');
  await expect(setup.registry.add(setup.wanted)).rejects.toMatchObject({ code: 'invalid_dataset' });
  await setup.registry.add({ ...setup.wanted, version: '2' });
  expect((await setup.registry.list()).map(({ version }) => version)).toEqual(['1', '2']);
});

test('a removed dataset is forgotten, and its files are left alone', async () => {
  await using setup = await setUp();
  const { registry, dataset, input } = setup;
  await registry.remove('sepsis', '1');
  expect(await registry.list()).toEqual([]);
  await expect(opened(registry)).rejects.toMatchObject({ code: 'dataset_missing' });
  await expect(registry.readManifest(dataset)).rejects.toMatchObject({ code: 'dataset_missing' });
  expect(await readFile(join(input, 'index.csv'), 'utf8')).toBe('patient,scan\n');
});

test('what cannot be read as a registry is no empty one', async () => {
  await using setup = await setUp();
  await writeFile(setup.home.datasets, '[{"name": "sepsis"');
  await expect(setup.registry.list()).rejects.toThrow(setup.home.datasets);
});

test('reading tells how far it has come', async () => {
  await using setup = await setUp();
  const seen: object[] = [];
  await setup.registry.add(setup.wanted, { onProgress: (progress) => seen.push(progress) });
  expect(seen.at(-1)).toEqual({ files: 2, bytes: 17, totalFiles: 2, totalBytes: 17 });
});

describe('data for rehearsals', () => {
  test('are registered beside the data, with a digest of their own', async () => {
    await using setup = await setUp();
    const dataset = await setup.registry.add({ ...setup.whole, version: '2' });
    const parts = { version: '2', parts: ['input', 'reference'] };
    expect(await opened(setup.registry, parts)).toEqual({
      digest: dataset.digest,
      input: setup.at('input'),
      reference: setup.at('reference'),
    });
    expect(await opened(setup.registry, { ...parts, synthetic: true })).toEqual({
      digest: dataset.synthetic?.digest,
      input: setup.at('made-up-input'),
      reference: setup.at('made-up-reference'),
    });
    expect(dataset.synthetic?.digest).not.toBe(dataset.digest);
  });
  test('are never the data themselves', async () => {
    await using setup = await setUp();
    const { registry, wanted, input } = setup;
    await expect(opened(registry, { synthetic: true })).rejects.toThrow(/no synthetic part/);
    const copy = setup.at('copy');
    await mkdir(join(copy, 'scans'), { recursive: true });
    for (const name of ['index.csv', 'scans/1.raw'])
      await writeFile(join(copy, name), await readFile(join(input, name)));
    const refused = registry.add({ ...wanted, version: '2', synthetic: { input: copy, reference: null } });
    await expect(refused).rejects.toThrow(/are the data themselves/);
  });
  test('may change only as the data may', async () => {
    await using setup = await setUp();
    await setup.registry.add({ ...setup.whole, version: '2' });
    await writeFile(join(setup.at('made-up-input'), 'labels.csv'), 'else');
    const asked = { version: '2', synthetic: true };
    await expect(opened(setup.registry, asked)).rejects.toMatchObject({ code: 'dataset_changed' });
    await opened(setup.registry, { version: '2' });
  });
});

describe('folders that one container would be shown with another', () => {
  type SetUp = Awaited<ReturnType<typeof setUp>>;
  const cases: [string, (setup: SetUp) => Promise<NewDataset> | NewDataset][] = [
    ['the same one', ({ wanted, input }) => ({ ...wanted, reference: input })],
    [
      'reference data inside of input data',
      ({ wanted, input }) => ({ ...wanted, reference: join(input, 'scans') }),
    ],
    [
      'reference data inside of input data, by a link',
      async ({ wanted, input, at }) => {
        await symlink(join(input, 'scans'), at('link'));
        return { ...wanted, reference: at('link') };
      },
    ],
    [
      'data inside of what a rehearsal sees',
      ({ wanted, input }) => ({
        ...wanted,
        input: join(input, 'scans'),
        synthetic: { input, reference: null },
      }),
    ],
    [
      'the data for what a rehearsal sees',
      ({ wanted, input }) => ({ ...wanted, synthetic: { input, reference: null } }),
    ],
    [
      'a part that a rehearsal would miss',
      ({ whole, at }) => ({ ...whole, synthetic: { input: at('made-up-input'), reference: null } }),
    ],
  ];
  test.each(cases)('%s', async (_, make) => {
    await using setup = await setUp();
    const wanted = { ...(await make(setup)), version: '2' };
    await expect(setup.registry.add(wanted)).rejects.toMatchObject({ code: 'invalid_dataset' });
  });
});

describe('data that programs in containers cannot read', () => {
  const cases: [string, (input: string) => Promise<void>][] = [
    ['a file', (input) => chmod(join(input, 'index.csv'), 0o640)],
    ['a folder', (input) => chmod(join(input, 'scans'), 0o750)],
    ['a folder that can be listed and not entered', (input) => chmod(join(input, 'scans'), 0o754)],
    ['all of it', (input) => chmod(input, 0o700)],
  ];
  test.each(cases)('%s: refused when registered, and a fault of the site in a run', async (_, close) => {
    await using setup = await setUp();
    await close(setup.input);
    await expect(setup.registry.add(setup.wanted, { user: STRANGER })).rejects.toThrow(/cannot be read by/);
    await expect(opened(setup.registry)).rejects.toMatchObject({ code: 'dataset_unreadable' });
  });
  test('the owner may, whatever others may', async () => {
    await using setup = await setUp();
    await chmod(setup.input, 0o700);
    const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    await opened(setup.registry, {}, own);
  });
});
