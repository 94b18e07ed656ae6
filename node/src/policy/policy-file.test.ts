import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Ledger } from '../ledger/ledger.ts';
import { createLogger } from '../logging/logger.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { PolicyFile } from './policy-file.ts';
import { policyRecorder } from './policy-recorder.ts';

const logger = createLogger('silent');
const policyFor = (competition: number) => `version: 1
hubs: any
competitions: [${competition}]
submitters: any
images: any
programs: any
resources: { memory: 4GB, cpus: 2, step_seconds: 600, disk: 1GB }
`;

async function setUp() {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'policy.yaml');
  await writeFile(path, policyFor(7));
  return { path, folder: folder.path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const competitionsOf = async (file: PolicyFile) => (await file.read())?.policy.competitions ?? null;

test('a change counts from the next decision on, in whatever way the file is changed', async () => {
  await using site = await setUp();
  const file = new PolicyFile(site.path, { logger });
  expect(await competitionsOf(file)).toEqual(['7']);
  await writeFile(site.path, policyFor(8));
  expect(await competitionsOf(file)).toEqual(['8']);
  await writeFile(`${site.path}.new`, policyFor(9));
  await rename(`${site.path}.new`, site.path);
  expect(await competitionsOf(file)).toEqual(['9']);
});

test('what cannot be read is no policy, and the last good one does not live on', async () => {
  await using site = await setUp();
  const file = new PolicyFile(site.path, { logger });
  await file.read();
  await writeFile(site.path, 'competitions: any');
  expect(await file.read()).toBeNull();
  await rm(site.path);
  expect(await file.read()).toBeNull();
  await writeFile(site.path, policyFor(7));
  expect(await competitionsOf(file)).toEqual(['7']);
  await chmod(site.path, 0o600);
  expect(await competitionsOf(file)).toEqual(['7']);
});

test('each policy is in the ledger before it counts, once, over restarts too', async () => {
  await using site = await setUp();
  const digests: string[] = [];
  for (let life = 0; life < 2; life += 1) {
    await using ledger = await Ledger.open(join(site.folder, 'ledger'), logger);
    const file = new PolicyFile(site.path, { logger, record: policyRecorder(ledger) });
    await Promise.all([file.read(), file.read()]);
    await file.read();
    if (life === 1) {
      await writeFile(site.path, policyFor(8));
      await file.read();
      await writeFile(site.path, policyFor(7));
      await file.read();
    }
    digests.length = 0;
    for await (const { event } of ledger.entries()) if (event.kind === 'policy') digests.push(event.text);
  }
  expect(digests).toEqual([policyFor(7), policyFor(8), policyFor(7)]);
});

test('a policy that cannot be recorded does not count', async () => {
  await using site = await setUp();
  let fails = true;
  const record = () => (fails ? Promise.reject(new Error('disk full')) : Promise.resolve());
  const file = new PolicyFile(site.path, { logger, record });
  await expect(file.read()).rejects.toThrow('disk full');
  await expect(file.read()).rejects.toThrow('disk full');
  fails = false;
  expect(await competitionsOf(file)).toEqual(['7']);
});
