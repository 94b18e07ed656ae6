import { stat } from 'node:fs/promises';
import { type readEnvironment, toHome } from '../config/config.ts';
import { checkDataset } from '../data/check.ts';
import { DatasetRegistry, type SiteDataset } from '../data/registry.ts';
import { isMissing } from '../home/atomic-file.ts';
import { type Home, homeAt } from '../home/home.ts';
import { dropEvent, takeInDropped } from '../ledger/inbox.ts';
import { EXIT_CHECK_FAILED, required, UsageError } from './errors.ts';
import { existingHome } from './existing-home.ts';
import type { Flags } from './main.ts';
import { showReading } from './reading-progress.ts';

export async function datasetCommand(
  words: readonly string[],
  flags: Flags,
  env: ReturnType<typeof readEnvironment>,
): Promise<number> {
  const [verb, name] = words;
  const home = verb === 'add' ? homeAt(toHome(flags.home, env)) : await existingHome(flags, env);
  await refuseOtherUser(home);
  const registry = new DatasetRegistry(home);
  switch (verb) {
    case 'add':
      return await add(home, registry, required('NAME', name), flags);
    case 'list':
      for (const dataset of await registry.list()) process.stdout.write(`${describe(dataset)}\n`);
      return 0;
    case 'check':
      return await check(registry, name, flags);
    case 'remove':
      return await remove(home, registry, required('NAME', name), flags);
    default:
      throw new UsageError('say what to do with datasets: add, list, check or remove');
  }
}

/** What another user registers the node could not read; and whether programs may read the data depends on who the node is. */
async function refuseOtherUser(home: Home): Promise<void> {
  const owner = await stat(home.root).then(
    ({ uid }) => uid,
    (error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    },
  );
  if (owner === null || owner === process.getuid?.()) return;
  throw new UsageError(
    `${home.root} belongs to user ${owner}: work with it as that user, such as with: sudo -u '#${owner}'`,
  );
}

async function add(home: Home, registry: DatasetRegistry, name: string, flags: Flags): Promise<number> {
  const syntheticInput = flags['synthetic-input'] ?? null;
  const syntheticReference = flags['synthetic-reference'] ?? null;
  const hasSynthetic = syntheticInput !== null || syntheticReference !== null;
  const reading = showReading('reading');
  const dataset = await registry
    .add(
      {
        name,
        version: required('--version', flags.version),
        input: flags.input ?? null,
        reference: flags.reference ?? null,
        counts: parseCounts(flags.counts ?? []),
        synthetic: hasSynthetic ? { input: syntheticInput, reference: syntheticReference } : null,
      },
      { onProgress: reading.onProgress, record: (dataset) => record(home, dataset, 'registered') },
    )
    .finally(reading.end);
  await takeInDropped(home);
  process.stdout.write(`registered ${describe(dataset)}\n`);
  return 0;
}

async function remove(home: Home, registry: DatasetRegistry, name: string, flags: Flags): Promise<number> {
  const dataset = await registry.remove(name, required('--version', flags.version), (removed) =>
    record(home, removed, 'removed'),
  );
  await takeInDropped(home);
  process.stdout.write(`removed ${dataset.name}@${dataset.version}; its files are left alone\n`);
  return 0;
}

/** In the ledger's inbox, on disk, before the change counts. */
async function record(home: Home, { name, version, digest }: SiteDataset, change: string): Promise<void> {
  await dropEvent(home.ledger, { kind: 'dataset', name, version, digest, change });
}

async function check(registry: DatasetRegistry, name: string | undefined, flags: Flags): Promise<number> {
  let problems = 0;
  const datasets = name
    ? [await registry.get(name, required('--version', flags.version))]
    : await registry.list();
  for (const dataset of datasets) {
    const reading = showReading(`${dataset.name}@${dataset.version}`);
    try {
      await checkParts(registry, dataset, flags.full ?? false, reading.onProgress);
      reading.end();
      process.stdout.write(`unchanged ${describe(dataset)}\n`);
    } catch (error) {
      problems += 1;
      reading.end();
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  return problems > 0 ? EXIT_CHECK_FAILED : 0;
}

/** The data themselves, and the synthetic ones beside them. */
async function checkParts(
  registry: DatasetRegistry,
  { name, version, digest, input, reference, synthetic }: SiteDataset,
  thorough: boolean,
  onProgress: ReturnType<typeof showReading>['onProgress'],
): Promise<void> {
  for (const folders of synthetic
    ? [{ digest, input, reference }, synthetic]
    : [{ digest, input, reference }]) {
    const dataset = { name, version, ...folders };
    const manifest = await registry.readManifest(dataset);
    const checked = await checkDataset(dataset, manifest, { thorough, onProgress });
    await registry.rememberTimes(folders.digest, manifest, checked);
  }
}

function describe({ name, version, digest, input, reference, counts, synthetic }: SiteDataset): string {
  const parts = [
    input && `input ${input}`,
    reference && `reference ${reference}`,
    synthetic && `synthetic ${synthetic.digest}`,
  ].filter(Boolean);
  const numbers = Object.entries(counts).map(([key, count]) => `${key}=${count}`);
  return [`${name}@${version}`, digest, ...parts, ...numbers].join('  ');
}

function parseCounts(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts.flatMap((each) => each.split(','))) {
    const [, key, count] = /^([A-Za-z0-9_.-]+)=(\d{1,15})$/.exec(text) ?? [];
    if (!key || !count) throw new UsageError(`--counts ${text}: write it like patients=120`);
    counts[key] = Number(count);
  }
  return counts;
}
