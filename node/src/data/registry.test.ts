import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { homeAt, makeHome } from '../home/home.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { checkDataset } from './check.ts';
import { DatasetRegistry } from './registry.ts';

async function setUp() {
  const folder = await temporaryFolder();
  const home = homeAt(join(folder.path, 'home'));
  await makeHome(home);
  const input = join(folder.path, 'input');
  await mkdir(join(input, 'scans'), { recursive: true });
  await writeFile(join(input, 'index.csv'), 'patient,scan\n');
  await writeFile(join(input, 'scans', '1.raw'), '0101');
  const registry = new DatasetRegistry(home);
  const wanted = { name: 'sepsis', version: '1', input, reference: null, counts: { patients: 1 } };
  const dataset = await registry.add(wanted);
  const check = async () => checkDataset(dataset, await registry.readManifest(dataset));
  return {
    registry,
    wanted,
    dataset,
    input,
    check,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

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

test.each([
  ['content of the same size', async (input: string) => writeFile(join(input, 'scans', '1.raw'), '1010')],
  ['another size', async (input: string) => writeFile(join(input, 'index.csv'), 'patient,scan\n1,1\n')],
  ['a file more', async (input: string) => writeFile(join(input, 'new.csv'), '')],
  ['a file less', async (input: string) => rm(join(input, 'index.csv'))],
  ['another name', async (input: string) => rename(join(input, 'index.csv'), join(input, 'index.tsv'))],
  ['a link', async (input: string) => symlink('/etc/passwd', join(input, 'link'))],
])('%s is a change', async (_, change) => {
  await using setup = await setUp();
  await change(setup.input);
  await expect(setup.check()).rejects.toMatchObject({ code: 'dataset_changed' });
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
