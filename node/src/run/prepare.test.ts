import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { AssignmentSchema } from '@weir/proto/node/v1';
import { expect, test } from 'vitest';
import { DatasetRegistry } from '../data/registry.ts';
import { containerUser } from '../engine/container-user.ts';
import { homeAt, makeHome } from '../home/home.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { openSiteData } from './prepare.ts';

async function setUp() {
  const folder = await temporaryFolder();
  const home = homeAt(join(folder.path, 'home'));
  await makeHome(home);
  const at = (name: string) => join(folder.path, name);
  for (const name of ['input', 'reference', 'made-up-input', 'made-up-reference']) {
    await mkdir(at(name));
    await writeFile(join(at(name), 'table.csv'), name);
  }
  const registry = new DatasetRegistry(home);
  const dataset = await registry.add({
    name: 'sepsis',
    version: '1',
    input: at('input'),
    reference: at('reference'),
    counts: {},
    synthetic: { input: at('made-up-input'), reference: at('made-up-reference') },
  });
  const open = (
    changes: MessageInitShape<typeof AssignmentSchema>['siteData'],
    { rehearsal = false, appData = false } = {},
  ) =>
    openSiteData(
      create(AssignmentSchema, { rehearsal, ...(changes && { siteData: changes }) }),
      { appData: appData ? { name: 'sepsis', version: '1', steps: ['scoring'] } : null },
      registry,
      containerUser(),
    );
  return { at, dataset, open, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const SEPSIS = { name: 'sepsis', version: '1' };

test('a run is shown the parts that its task names, and no other', async () => {
  await using site = await setUp();
  expect(await site.open({ ...SEPSIS, reference: true })).toMatchObject({
    input: null,
    reference: site.at('reference'),
    appData: null,
    datasets: [{ place: 'sepsis@1', digest: site.dataset.digest }],
  });
  expect(await site.open(undefined)).toMatchObject({ input: null, reference: null, datasets: [] });
});

test('a rehearsal is shown the synthetic parts, and nothing else of the site', async () => {
  await using site = await setUp();
  expect(await site.open({ ...SEPSIS, input: true, reference: true }, { rehearsal: true })).toMatchObject({
    input: site.at('made-up-input'),
    reference: site.at('made-up-reference'),
    appData: null,
    datasets: [{ place: 'sepsis@1', digest: site.dataset.synthetic?.digest }],
  });
});

test('at /app/data lies the input part, in the steps of the policy', async () => {
  await using site = await setUp();
  expect(await site.open(undefined, { appData: true })).toMatchObject({
    appData: { path: site.at('input'), steps: ['scoring'] },
    datasets: [{ place: 'sepsis@1', digest: site.dataset.digest }],
  });
});
