import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutate, seededRandom } from '../../../test/fixtures/archives/mutate.ts';
import { rawZip } from '../../../test/fixtures/archives/raw-zip.ts';
import { ArchiveError, openArchive } from '../storage/archive/index.ts';
import { readBundle } from './read-bundle.ts';
import { minimalYaml, ordinaryFiles } from './testing/bundle.ts';
import { readYaml } from './yaml.ts';

const SEED = 20_300_101;

test('mutated archives are read or refused, in time', { timeout: 60_000 }, async () => {
  const random = seededRandom(SEED);
  const files = { 'competition.yaml': minimalYaml, ...ordinaryFiles, 'data/a.csv': 'a,b\n'.repeat(50) };
  const good = rawZip(Object.entries(files).map(([name, content]) => ({ name, content })));
  const path = join(tmpdir(), `weir-fuzz-${randomUUID()}.zip`);
  const outcomes = { read: 0, refused: 0 };
  for (let round = 0; round < 800; round++) {
    await writeFile(path, mutate(good, random));
    try {
      await using archive = await openArchive(path);
      const { bundle, problems } = await readBundle(archive);
      expect(bundle === null).toBe(problems.length > 0);
      const target = `${path}.d`;
      await archive.extract(target).finally(() => rm(target, { recursive: true, force: true }));
      outcomes.read++;
    } catch (error) {
      expect(error).toBeInstanceOf(ArchiveError);
      outcomes.refused++;
    }
  }
  await rm(path);
  expect(outcomes.read).toBeGreaterThan(20);
  expect(outcomes.refused).toBeGreaterThan(20);
});

test('mutated YAML is read or refused, in time', () => {
  const random = seededRandom(SEED);
  const good = Buffer.from(
    `${minimalYaml}x: &a [1, {b: !!str c}]\ny: *a\nz:\n  <<: {k: "v"}\n  w: |\n    text\n`,
  );
  for (let round = 0; round < 3_000; round++) {
    const { root, problems } = readYaml('x.yaml', mutate(good, random));
    expect(root === null).toBe(problems.some((problem) => problem.severity === 'error'));
  }
});

test('bundles of mutated YAML have a bundle or problems with places', { timeout: 60_000 }, async () => {
  const random = seededRandom(SEED + 1);
  const path = join(tmpdir(), `weir-fuzz-${randomUUID()}.zip`);
  for (let round = 0; round < 500; round++) {
    const yaml = mutate(Buffer.from(minimalYaml), random);
    const files = { 'competition.yaml': yaml, ...ordinaryFiles };
    await writeFile(path, rawZip(Object.entries(files).map(([name, content]) => ({ name, content }))));
    await using archive = await openArchive(path);
    const { bundle, problems } = await readBundle(archive);
    expect(bundle === null).toBe(problems.length > 0);
    for (const { message, cure } of problems) {
      expect(message).not.toBe('');
      expect(cure).not.toBe('');
    }
  }
  await rm(path);
});
