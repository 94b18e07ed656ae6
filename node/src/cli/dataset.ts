import { type readEnvironment, toHome } from '../config/config.ts';
import { checkDataset } from '../data/check.ts';
import { DatasetRegistry, type SiteDataset } from '../data/registry.ts';
import { homeAt } from '../home/home.ts';
import { EXIT_CHECK_FAILED, required, UsageError } from './errors.ts';
import type { Flags } from './main.ts';

export async function datasetCommand(
  words: readonly string[],
  flags: Flags,
  env: ReturnType<typeof readEnvironment>,
): Promise<number> {
  const registry = new DatasetRegistry(homeAt(toHome(flags.home, env)));
  const [verb, name] = words;
  switch (verb) {
    case 'add':
      return await add(registry, required('NAME', name), flags);
    case 'list':
      for (const dataset of await registry.list()) process.stdout.write(`${describe(dataset)}\n`);
      return 0;
    case 'check':
      return await check(registry, name, flags.version);
    default:
      throw new UsageError('say what to do with datasets: add, list or check');
  }
}

async function add(registry: DatasetRegistry, name: string, flags: Flags): Promise<number> {
  const dataset = await registry.add({
    name,
    version: required('--version', flags.version),
    input: flags.input ?? null,
    reference: flags.reference ?? null,
    counts: parseCounts(flags.counts ?? []),
  });
  process.stdout.write(`registered ${describe(dataset)}\n`);
  return 0;
}

async function check(
  registry: DatasetRegistry,
  name: string | undefined,
  version: string | undefined,
): Promise<number> {
  let problems = 0;
  const datasets = name ? [await registry.get(name, required('--version', version))] : await registry.list();
  for (const dataset of datasets) {
    try {
      await checkDataset(dataset, await registry.readManifest(dataset), { thorough: true });
      process.stdout.write(`unchanged ${describe(dataset)}\n`);
    } catch (error) {
      problems += 1;
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  return problems > 0 ? EXIT_CHECK_FAILED : 0;
}

function describe({ name, version, digest, input, reference, counts }: SiteDataset): string {
  const parts = [input && `input ${input}`, reference && `reference ${reference}`].filter(Boolean);
  const numbers = Object.entries(counts).map(([key, count]) => `${key}=${count}`);
  return [`${name}@${version}`, digest, ...parts, ...numbers].join('  ');
}

function parseCounts(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts.flatMap((each) => each.split(','))) {
    const [, key, count] = /^([A-Za-z0-9_.-]+)=(\d+)$/.exec(text) ?? [];
    if (!key || !count) throw new UsageError(`--counts ${text}: write it like patients=120`);
    counts[key] = Number(count);
  }
  return counts;
}
