import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ApptainerEngine } from '../apptainer/apptainer-engine.ts';
import { sifName } from '../apptainer/images.ts';
import { systemCallFilter } from '../bubblewrap/system-call-filter.ts';

const run = promisify(execFile);

/** The image of the tests: what WEIR_TEST_SIF names for a real Apptainer, else a file that the stand-in takes for the host's own software. */
export const TEST_SIF = 'weir/python:3';

/** The engine on this machine's apptainer when there is one, else on the stand-in, which is put on the PATH. */
export async function openTestApptainer(): Promise<ApptainerEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-apptainer-test-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const isThere = await run('apptainer', ['--version']).then(
    () => true,
    () => false,
  );
  if (!isThere) await installStandIn(folder);
  const sif = process.env.WEIR_TEST_SIF;
  if (isThere && sif !== undefined) await run('ln', ['-s', sif, join(folder, sifName(TEST_SIF))]);
  if (!isThere) await writeFile(join(folder, sifName(TEST_SIF)), 'the software of this machine');
  return ApptainerEngine.open({ images: folder, pull: false });
}

async function installStandIn(folder: string): Promise<void> {
  const program = new URL('../apptainer/testing/apptainer.py', import.meta.url).pathname;
  await writeFile(join(folder, 'floor.bpf'), systemCallFilter(process.arch, false));
  await writeFile(join(folder, 'links.bpf'), systemCallFilter(process.arch, true));
  const script = `#!/bin/sh\nSTAND_IN_FILTERS='${folder}' exec python3 '${program}' "$@"\n`;
  await writeFile(join(folder, 'apptainer'), script, { mode: 0o755 });
  process.env.PATH = `${folder}${delimiter}${process.env.PATH}`;
}
