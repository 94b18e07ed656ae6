import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildDemo, type Demo } from './build.ts';
import { fillSchedule } from './schedule.ts';

let folder: string;
let demo: Demo;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-demo-'));
  demo = await buildDemo(folder, new Date('2027-03-10T15:00:00Z'));
});

afterAll(() => rm(folder, { recursive: true }));

test('gives the sites clearly different patients', async () => {
  const share = async (site: 'north' | 'south'): Promise<number> => {
    const labels = await readFile(join(demo.siteData[site][0]!.reference, 'labels.csv'), 'utf8');
    const answers = labels.trim().split('\n').slice(1);
    return answers.filter((line) => line.endsWith(',1')).length / answers.length;
  };
  expect(await share('north')).toBeGreaterThan(1.5 * (await share('south')));
});

test('gives each site made-up patients beside its own, of the same shape', async () => {
  for (const data of [...demo.siteData.north, ...demo.siteData.south]) {
    const [own, madeUp] = await Promise.all(
      [data, data.synthetic].map(({ input }) => readFile(join(input, 'vitals.csv'), 'utf8')),
    );
    expect(madeUp!.split('\n')[0]).toBe(own!.split('\n')[0]);
    expect(madeUp).not.toBe(own);
  }
});

test('keeps the answers out of the input of the sites', async () => {
  const input = await readFile(join(demo.siteData.north[0]!.input, 'patients.csv'), 'utf8');
  expect(input.split('\n')[0]).not.toContain('sepsis');
});

test('builds the same bytes for the same day', async () => {
  const bundle = demo.competitions[0]!.bundle;
  const before = await readFile(bundle);
  await buildDemo(folder, new Date('2027-03-10T16:00:00Z'));
  expect((await readFile(bundle)).equals(before)).toBe(true);
});

test('answers for every patient of the public test set', async () => {
  const predictions = await readFile(
    join(import.meta.dirname, 'submissions', 'ada', 'results', 'predictions.csv'),
    'utf8',
  );
  expect(predictions.trim().split(/\r?\n/)).toHaveLength(401);
});

test('opens the first phase a week ago and leaves a day between phases', () => {
  expect(fillSchedule('{{start}} {{middle}} {{second_start}}', new Date('2027-03-10T15:00:00Z'))).toBe(
    '2027-03-03T00:00:00Z 2027-06-08T00:00:00Z 2027-06-09T00:00:00Z',
  );
});

test('refuses a date it does not know', () => {
  expect(() => fillSchedule('{{never}}', new Date())).toThrow('unknown date {{never}}');
});
