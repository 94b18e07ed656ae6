import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { Ledger } from '../ledger/ledger.ts';
import { createLogger } from '../logging/logger.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { PolicyUnreadableError } from './errors.ts';
import { parsePolicy } from './parse.ts';
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
...
`;

/** Every key under which something is kept in, in the order in which half of the file would leave most of them out. */
const STRICT = `# What may run here.
version: 1
hubs: any
competitions: any
submitters: any
images: any
programs: any
resources: { memory: 4GB, cpus: 2, step_seconds: 600, disk: 1GB }
datasets:
  sepsis:
    competitions: any
    approval: per_run
    egress: { budget: { per_submitter_bits: 20 } }
attributes: { email_domain: [hospital.example] }
windows: [{ from: "18:00", to: "06:00" }]
rate: { runs_per_day: 1 }
approval: per_competition
...
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

test('half of a policy is none: cut at each of its bytes it does not count', () => {
  expect(parsePolicy('policy.yaml', STRICT).policy.approval).toBe('per_competition');
  const end = STRICT.trimEnd().length;
  for (let length = 0; length < end; length += 1) {
    expect(() => parsePolicy('policy.yaml', STRICT.slice(0, length)), `cut at ${length}`).toThrow(
      PolicyUnreadableError,
    );
  }
  // Nor does what is written in braces.
  const json = JSON.stringify(parse(STRICT));
  expect(parsePolicy('policy.yaml', json).policy.approval).toBe('per_competition');
  for (let length = 0; length < json.length; length += 1) {
    expect(() => parsePolicy('policy.yaml', json.slice(0, length)), `cut at ${length}`).toThrow();
  }
});

test('who asks while a policy is being written gets the one before or the whole new one, and never no policy', async () => {
  await using site = await setUp();
  const file = new PolicyFile(site.path, { logger });
  const seen = new Set<string | null>([JSON.stringify(await competitionsOf(file))]);
  const next = policyFor(8);
  const pieces = Array.from({ length: 12 }, (_, index) => next.slice(0, ((index + 1) * next.length) / 12));
  let isWriting = true;
  const writing = (async () => {
    for (const piece of pieces) {
      await writeFile(site.path, piece);
      await delay(15);
    }
    isWriting = false;
  })();
  while (isWriting) {
    seen.add(JSON.stringify(await competitionsOf(file)));
    await delay(1);
  }
  await writing;
  seen.add(JSON.stringify(await competitionsOf(file)));
  expect([...seen]).toEqual(['["7"]', '["8"]']);
});

test('a file that is away for a moment, as some editors have it, is waited for', async () => {
  await using site = await setUp();
  const file = new PolicyFile(site.path, { logger });
  await file.read();
  await rename(site.path, `${site.path}~`);
  const asked = competitionsOf(file);
  await delay(100);
  await writeFile(site.path, policyFor(8));
  expect(await asked).toEqual(['8']);
});

test('a change within the same tick of the clock of the file system counts', async () => {
  await using site = await setUp();
  const file = new PolicyFile(site.path, { logger });
  for (let competition = 10; competition < 40; competition += 1) {
    await writeFile(site.path, policyFor(competition));
    expect(await competitionsOf(file)).toEqual([String(competition)]);
  }
});
