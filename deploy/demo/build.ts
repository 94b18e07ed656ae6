import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArchiveContent, readFolder, writeArchive } from './archive.ts';
import { generatePatients, type PatientTables } from './patients.ts';
import { intensiveCare, north, type Population, south, teaching } from './populations.ts';
import { fillSchedule } from './schedule.ts';

/** Data to register at a node under a name and version, as `site_data` of a bundle names it. */
export interface SiteData extends Folders {
  name: string;
  version: string;
  /** What the site publishes about it. */
  counts: { patients: number };
  /** Made-up patients of the same shape, for rehearsals. */
  synthetic: Folders;
}

/** The participant's program sees `input`, only the scoring program sees `reference`. */
interface Folders {
  input: string;
  reference: string;
}

/** Archives to enter, by the title of the competition they belong to. */
export interface DemoCompetition {
  title: string;
  /** Whether a person at a site decides about each result before it leaves. */
  isReviewed: boolean;
  bundle: string;
  submissions: { participant: DemoParticipant; name: string; archive: string }[];
}

export type DemoParticipant = 'ada' | 'grace';

export interface Demo {
  competitions: DemoCompetition[];
  /** What each site registers. */
  siteData: { north: SiteData[]; south: SiteData[] };
}

const participants: DemoParticipant[] = ['ada', 'grace'];

/**
 * Builds everything the demonstration needs below `folder`: the bundles, what the participants submit, and the data of
 * the two sites. The patients are the same each time; the dates of the phases follow `now`.
 */
export async function buildDemo(folder: string, now = new Date()): Promise<Demo> {
  await mkdir(folder, { recursive: true });
  const training = generatePatients(2, 600, teaching);
  const test = generatePatients(3, 400, teaching);
  return {
    competitions: [
      await buildCompetition(folder, ['sepsis-at-the-sites'], 'code', now, placed('public_data', training)),
      await buildCompetition(folder, ['sepsis-warm-up'], 'results', now, [
        ...placed('public_data/training', training),
        ...placed('public_data/test', test, ['patients.csv', 'vitals.csv']),
        ...placed('reference_data', test, ['labels.csv']),
      ]),
      {
        // What it does not bring itself is that of the first one.
        ...(await buildCompetition(
          folder,
          ['sepsis-at-the-sites', 'sepsis-intensive-care'],
          'code',
          now,
          placed('public_data', training),
        )),
        isReviewed: true,
      },
    ],
    siteData: {
      north: [await writeSiteData(join(folder, 'sites', 'north'), 'sepsis-ward', 4, 500, north)],
      south: [
        await writeSiteData(join(folder, 'sites', 'south'), 'sepsis-ward', 5, 700, south),
        await writeSiteData(join(folder, 'sites', 'south-icu'), 'sepsis-icu', 6, 90, intensiveCare),
      ],
    },
  };
}

/** @param layers folders of `competitions`; files of a later one replace those of an earlier one, and the last one names the bundle */
async function buildCompetition(
  folder: string,
  layers: [string, ...string[]],
  entries: 'code' | 'results',
  now: Date,
  generated: Iterable<[string, Buffer]>,
): Promise<DemoCompetition> {
  const name = layers.at(-1)!;
  const folders = layers.map((layer) => readFolder(join(import.meta.dirname, 'competitions', layer)));
  const content: ArchiveContent = new Map((await Promise.all(folders)).flatMap((layer) => [...layer]));
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
  return {
    title: titleOf(description),
    isReviewed: false,
    bundle,
    submissions: await Promise.all(submissions),
  };
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
  name: string,
  seed: number,
  count: number,
  population: Population,
): Promise<SiteData> {
  return {
    name,
    version: '1',
    ...(await writeTables(folder, generatePatients(seed, count, population))),
    counts: { patients: count },
    // Other patients, of the public population: as many files and columns, and nothing of the site.
    synthetic: await writeTables(join(folder, 'synthetic'), generatePatients(seed + 100, 60, teaching)),
  };
}

async function writeTables(folder: string, tables: PatientTables): Promise<Folders> {
  const data = { input: join(folder, 'input'), reference: join(folder, 'reference') };
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
