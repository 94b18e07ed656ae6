import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rawZip } from '../../../../test/fixtures/archives/raw-zip.ts';
import { openArchive } from '../../storage/archive/index.ts';
import type { Problem } from '../problem.ts';
import { type BundleResult, readBundle } from '../read-bundle.ts';

/** The smallest picture there is: one GIF pixel. */
export const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

export type BundleFileContents = Record<string, string | Buffer>;

/** Files that a bundle needs and no test is about. */
export const ordinaryFiles: BundleFileContents = {
  'logo.gif': PIXEL,
  'terms.md': '# Terms\n',
  'overview.md': '# Overview\n',
  'scoring.zip': 'PK',
};

/** The least that version 2 asks for, with `ordinaryFiles` in the archive. */
export const minimalYaml = `version: 2
title: Sepsis
image: logo.gif
terms: terms.md
pages:
  - {title: Overview, file: overview.md}
tasks:
  - index: 0
    name: Predict
    scoring_program: scoring.zip
phases:
  - name: Main
    start: 2030-01-01
    tasks: [0]
leaderboards:
  - title: Board
    key: board
    columns:
      - {title: Score, key: score, index: 0}
`;

/** Zips the files, reads the zip as a bundle, removes it. */
export async function readFiles(files: BundleFileContents): Promise<BundleResult> {
  const path = join(tmpdir(), `weir-bundle-${randomUUID()}.zip`);
  await writeFile(path, rawZip(Object.entries(files).map(([name, content]) => ({ name, content }))));
  try {
    await using archive = await openArchive(path);
    return await readBundle(archive);
  } finally {
    await rm(path);
  }
}

/** Reads a bundle of this YAML, the ordinary files and more. */
export const readYamlBundle = (yaml: string, files: BundleFileContents = {}): Promise<BundleResult> =>
  readFiles({ 'competition.yaml': yaml, ...ordinaryFiles, ...files });

/** Problems as `code where`, to compare many at a glance. */
export const brief = (problems: readonly Problem[]) =>
  problems.map(({ code, where }) => `${code} ${where}`.trim());
