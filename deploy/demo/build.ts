import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArchiveContent, readFolder, writeArchive } from './archive.ts';
import { generatePatients, type PatientTables } from './patients.ts';
import { north, type Population, south, teaching } from './populations.ts';
import { fillSchedule } from './schedule.ts';

/** The dataset that both sites register, as `site_data` of the bundle names it. */
export const SITE_DATASET = { name: 'sepsis-ward', version: '1' };

/** Folders to register at a node: the participant's program sees `input`, only the scoring program sees `reference`. */
export interface SiteData {
  input: string;
  reference: string;
  /** What the site publishes about it. */
  counts: { patients: number };
}

/** Archives to enter, by the title of the competition they belong to. */
export interface DemoCompetition {
  title: string;
  /** Whether it is evaluated on the sites' own data. */
  usesSiteData: boolean;
  bundle: string;
  submissions: { participant: DemoParticipant; name: string; archive: string }[];
}

export type DemoParticipant = 'ada' | 'grace';

export interface Demo {
  competitions: DemoCompetition[];
  siteData: { north: SiteData; south: SiteData };
}

const participants: DemoParticipant[] = ['ada', 'grace'];

/**
 * Builds everything the demonstration needs below `folder`: two bundles, what the participants submit, and the data of
 * the two sites. The patients are the same each time; the dates of the phases follow `now`.
 */
export async function buildDemo(folder: string, now = new Date()): Promise<Demo> {
  await mkdir(folder, { recursive: true });
  const training = generatePatients(2, 600, teaching);
  const test = generatePatients(3, 400, teaching);
  return {
    competitions: [
      await buildCompetition(folder, 'sepsis-at-the-sites', 'code', now, placed('public_data', training)),
      await buildCompetition(folder, 'sepsis-warm-up', 'results', now, [
        ...placed('public_data/training', training),
        ...placed('public_data/test', test, ['patients.csv', 'vitals.csv']),
        ...placed('reference_data', test, ['labels.csv']),
      ]),
    ],
    siteData: {
      north: await writeSiteData(join(folder, 'sites', 'north'), 4, 500, north),
      south: await writeSiteData(join(folder, 'sites', 'south'), 5, 700, south),
    },
  };
}

async function buildCompetition(
  folder: string,
  name: string,
  entries: 'code' | 'results',
  now: Date,
  generated: Iterable<[string, Buffer]>,
): Promise<DemoCompetition> {
  const content: ArchiveContent = await readFolder(join(import.meta.dirname, 'competitions', name));
  const description = fillSchedule(content.get('competition.yaml')!.toString(), now);
  content.set('competition.yaml', Buffer.from(description));
  content.set(
    'scoring_program/metrics.py',
    await readFile(join(import.meta.dirname, 'scoring', 'metrics.py')),
  );
  for (const [path, bytes] of generated) {
    content.set(path, bytes);
  }
  const bundle = join(folder, `${name}.zip`);
  await writeArchive(bundle, content);
  const submissions = participants.map(async (participant) => {
    const archive = join(folder, `${name}-${participant}.zip`);
    await writeArchive(
      archive,
      await readFolder(join(import.meta.dirname, 'submissions', participant, entries)),
    );
    return { participant, name: `${participant}.zip`, archive };
  });
  const usesSiteData = /^ *site_data:/m.test(description);
  return { title: titleOf(description), usesSiteData, bundle, submissions: await Promise.all(submissions) };
}

/** Places some of the generated tables under a path of a bundle. */
function placed(
  path: string,
  tables: PatientTables,
  names: (keyof PatientTables)[] = ['patients.csv', 'vitals.csv', 'labels.csv'],
): [string, Buffer][] {
  return names.map((name) => [`${path}/${name}`, Buffer.from(tables[name])]);
}

async function writeSiteData(
  folder: string,
  seed: number,
  count: number,
  population: Population,
): Promise<SiteData> {
  const data = {
    input: join(folder, 'input'),
    reference: join(folder, 'reference'),
    counts: { patients: count },
  };
  const tables = generatePatients(seed, count, population);
  await mkdir(data.input, { recursive: true });
  await mkdir(data.reference, { recursive: true });
  await writeFile(join(data.input, 'patients.csv'), tables['patients.csv']);
  await writeFile(join(data.input, 'vitals.csv'), tables['vitals.csv']);
  await writeFile(join(data.reference, 'labels.csv'), tables['labels.csv']);
  return data;
}

function titleOf(description: string): string {
  const title = /^title: "(.*)"$/m.exec(description)?.[1];
  if (title === undefined) {
    throw new Error('competition.yaml of the demonstration has no line `title: "..."`');
  }
  return title;
}
