import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { rawZip } from '../../../test/fixtures/archives/raw-zip.ts';
import { type BundleFileContents, minimalYaml, ordinaryFiles } from '../bundles/testing/bundle.ts';
import { bundleCommand } from './bundle-check.ts';
import { UsageError } from './errors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-bundle-check-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function asFolder(name: string, files: BundleFileContents): Promise<string> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name, file)), { recursive: true });
    await writeFile(join(folder, name, file), content);
  }
  return join(folder, name);
}

async function asZip(name: string, files: BundleFileContents): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, rawZip(Object.entries(files).map(([name, content]) => ({ name, content }))));
  return path;
}

/** In this process: what it says, and the code it would end with. */
async function weir(...words: string[]): Promise<{ code: number; stdout: string }> {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const [, ...rest] = words;
    const code = await bundleCommand(
      rest.filter((word) => word !== '--json'),
      { json: words.includes('--json') },
    );
    return { code, stdout: said.mock.calls.map(([text]) => text).join('') };
  } finally {
    said.mockRestore();
  }
}

const withYaml = (yaml: string) => ({ 'competition.yaml': yaml, ...ordinaryFiles });

test('a bundle in order is fine, zipped or not', async () => {
  const yaml = `${minimalYaml.replace('scoring.zip', 'programs/scoring/')}color: blue\n`;
  const files = { ...withYaml(yaml), 'programs/scoring/score.py': 'pass', '.DS_Store': 'x' };
  for (const path of [await asZip('fine.zip', files), await asFolder('fine', files)]) {
    const { code, stdout } = await weir('bundle', 'check', path);
    expect(stdout).toContain('The bundle of "Sepsis" is in order, with 1 note.');
    expect(stdout).toContain('competition.yaml:20:1: note: color:');
    expect(code).toBe(0);
  }
});

test('every problem is told with its place and cure, and programs are told too', async () => {
  const yaml = minimalYaml.replace('logo.gif', 'Logo.GIF').replace('start: 2030-01-01', 'start: soon');
  const path = await asFolder('wrong', withYaml(yaml));
  const told = await weir('bundle', 'check', path);
  expect(told.code).toBe(1);
  expect(told.stdout).toContain(
    'competition.yaml:3:8: error: image: "Logo.GIF" is not in the archive. [file_missing]',
  );
  expect(told.stdout).toContain('    The archive has "logo.gif"; write the name as it is there.');
  expect(told.stdout).toContain('2 problems, 0 notes.');
  const { code, stdout } = await weir('bundle', 'check', path, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    title: null,
    problems: [
      { code: 'file_missing', line: 3 },
      { code: 'not_a_date', file: 'competition.yaml', line: 13 },
    ],
    notes: [],
  });
});

test('what is no archive is a problem, what is not there is wrong usage', async () => {
  const path = join(folder, 'text.zip');
  await writeFile(path, 'hello');
  expect(await weir('bundle', 'check', path)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('archive_'),
  });
  for (const words of [['check', join(folder, 'none.zip')], [], ['check'], ['look', path]]) {
    await expect(weir('bundle', ...words)).rejects.toThrow(UsageError);
  }
});

/** Bytes, just below what the limit on the ratio lets pass. */
const LARGE = 508 * 2 ** 20;

/** What Linux counts for this program alone; `resourceUsage` has what started it in it. */
const TELL_PEAK = `
  import { readFileSync } from 'node:fs';
  const status = () => readFileSync('/proc/self/status', 'utf8');
  process.on('exit', () => console.error(status().match(/VmHWM:\\s*(\\d+)/)[1]));
`;

test('memory does not grow with what is in the archive', async () => {
  const yaml = minimalYaml.replace('scoring.zip', 'scoring.zip\n    input_data: data');
  const path = await asZip('large.zip', { ...withYaml(yaml), 'data/zeros': Buffer.alloc(LARGE) });
  const program = join(import.meta.dirname, 'main.ts');
  const words = [
    '--import',
    `data:text/javascript,${encodeURIComponent(TELL_PEAK)}`,
    program,
    'bundle',
    'check',
    path,
  ];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, words);
  expect(stdout).toContain('in order');
  expect(Number(stderr) * 1024).toBeLessThan(LARGE);
}, 300_000);
